#include "daemon/store/events.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

std::vector<std::uint64_t> numbers_of(const Answer& answer) {
    std::vector<std::uint64_t> numbers;
    for (const job::Event& event : answer.events) numbers.push_back(event.seq);
    return numbers;
}

using Numbers = std::vector<std::uint64_t>;

struct Fixture {
    // Events 1 to 9; every third is of job 30, the others of job 10.
    Fixture() {
        Batch batch;
        for (std::uint64_t seq = 1; seq <= 9; ++seq) {
            batch.add(job::Event{.seq = seq, .job = seq % 3 == 0 ? 30 : 10});
        }
        commit(*database, batch);
    }

    TemporaryDirectory directory;
    std::unique_ptr<Database> database = open_database(directory / "ccd.db");
};

BOOST_FIXTURE_TEST_SUITE(events, Fixture)

BOOST_AUTO_TEST_CASE(every_field_of_an_event_comes_back) {
    const job::Event full = full_event(10, 7);
    const job::Event heartbeat{.seq = 11};
    commit(*database, batch_of({full, heartbeat}));
    const Answer answer = answer_of(*database, EventPage{.since = 9});
    BOOST_TEST_REQUIRE(answer.events.size() == 2U);
    BOOST_TEST((answer.events[0] == full));
    BOOST_TEST((answer.events[1] == heartbeat));
    BOOST_TEST(snapshot_of(*database).last_event == 11U);
}

BOOST_AUTO_TEST_CASE(a_page_begins_after_the_number_given_and_goes_on_where_it_stopped) {
    Answer page = answer_of(*database, EventPage{.since = 3, .limit = 4});
    BOOST_TEST(numbers_of(page) == (Numbers{4, 5, 6, 7}), boost::test_tools::per_element());
    BOOST_TEST(page.is_partial);
    page = answer_of(*database, EventPage{.since = page.next, .limit = 4});
    BOOST_TEST(numbers_of(page) == (Numbers{8, 9}), boost::test_tools::per_element());
    BOOST_TEST(!page.is_partial);
}

BOOST_AUTO_TEST_CASE(the_events_of_one_job_are_picked_out) {
    const Answer page = answer_of(*database, EventPage{.filter = {.job = 30}});
    BOOST_TEST(numbers_of(page) == (Numbers{3, 6, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_events_of_one_users_jobs_are_picked_out_and_those_to_some_states) {
    auto of_another = small_job(31);
    of_another.uid += 1;
    commit(*database, batch_of({small_job(30), of_another,
                                job::Event{.seq = 10, .job = 31, .to = job::State::failed},
                                job::Event{.seq = 11, .job = 30, .to = job::State::lost}}));
    Answer page = answer_of(*database, EventPage{.filter = {.uid = small_job(30).uid}});
    BOOST_TEST(numbers_of(page) == (Numbers{3, 6, 9, 11}), boost::test_tools::per_element());
    BOOST_TEST(page.next == 11U);
    using enum job::State;
    page = answer_of(*database, EventPage{.filter = {.states = {failed, lost}}});
    BOOST_TEST(numbers_of(page) == (Numbers{10, 11}), boost::test_tools::per_element());
    page = answer_of(*database, EventPage{.filter = {.uid = of_another.uid, .states = {lost}}});
    BOOST_TEST(page.events.empty());
}

BOOST_AUTO_TEST_CASE(nothing_comes_after_the_greatest_number_there_can_be) {
    const Answer page = answer_of(*database, EventPage{.since = ~std::uint64_t{0}});
    BOOST_TEST(page.events.empty());
    BOOST_TEST(!page.is_partial);
}

BOOST_AUTO_TEST_CASE(a_search_that_finds_nothing_stops_at_its_budget_and_can_go_on) {
    database.reset();
    auto reopened = Database::open({.path = directory / "ccd.db", .row_budget = 2});
    BOOST_TEST_REQUIRE(reopened.has_value());
    Numbers found;
    Answer page{.is_partial = true};
    for (int asked = 0; page.is_partial; ++asked) {
        BOOST_TEST_REQUIRE(asked < 5);
        page = answer_of(**reopened, EventPage{.since = page.next, .filter = {.job = 30}});
        found.insert(found.end(), page.events.size(), page.next);
    }
    BOOST_TEST(found.size() == 3U);
    BOOST_TEST(page.next == 9U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
