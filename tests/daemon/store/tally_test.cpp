#include "daemon/store/tally.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;
using job::State;

struct Fixture {
    TemporaryDirectory directory;
    std::unique_ptr<Database> database = open_database(directory / "ccd.db");

    void finish(job::Id id, State state) {
        commit(*database, batch_of({ProgressWrite{id, {.state = state}}}));
    }
    std::uint64_t finished(State state) {
        return snapshot_of(*database).finished_by_state.at(static_cast<std::size_t>(state));
    }
    std::uint64_t total() { return answer_of(*database, JobPage{}).total; }
};

BOOST_FIXTURE_TEST_SUITE(tally, Fixture)

BOOST_AUTO_TEST_CASE(each_end_counts_once_however_often_it_is_written) {
    commit(*database, batch_of({small_job(1), small_job(2), small_job(3), small_job(4)}));
    finish(1, State::succeeded);
    finish(2, State::succeeded);
    finish(3, State::lost);
    finish(3, State::lost);
    finish(4, State::running);
    BOOST_TEST(finished(State::succeeded) == 2U);
    BOOST_TEST(finished(State::lost) == 1U);
    BOOST_TEST(finished(State::running) == 0U);
    BOOST_TEST(total() == 4U);
}

BOOST_AUTO_TEST_CASE(the_counts_outlive_the_connection) {
    commit(*database, batch_of({small_job(1), small_job(2, State::failed)}));
    database.reset();
    database = open_database(directory / "ccd.db");
    BOOST_TEST(finished(State::failed) == 1U);
    BOOST_TEST(total() == 2U);
}

BOOST_AUTO_TEST_CASE(what_was_not_committed_was_not_counted) {
    commit(*database, batch_of({small_job(1)}));
    const Batch broken =
        batch_of({ProgressWrite{1, {.state = State::failed}}, small_job(2), small_job(1)});
    BOOST_TEST(!database->commit({&broken, 1}).has_value());
    BOOST_TEST(finished(State::failed) == 0U);
    BOOST_TEST(total() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
