#include "daemon/store/store.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "tests/daemon/store/caller.h"
#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;
using namespace std::chrono_literals;

struct Fixture {
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    Caller caller{{.database = {.path = path}}};

    // Nothing to do, and the store thread stands still behind an answer that nobody has taken.
    void open_and_hold() {
        BOOST_REQUIRE(caller.reopen().has_value());
        caller.hold();
        caller.store().ask(JobPage{}, [](Result<Answer>) {});
        caller.wait_until_held();
    }
};

BOOST_FIXTURE_TEST_SUITE(store, Fixture)

BOOST_AUTO_TEST_CASE(batches_are_numbered_from_one_and_end_in_their_order) {
    BOOST_TEST_REQUIRE(caller.reopen().has_value());
    for (std::uint64_t n = 1; n <= 100; ++n) BOOST_TEST(caller.store().send(submit_of(n)) == n);
    for (std::uint64_t n = 1; n <= 100; ++n) {
        const BatchEnded ended = caller.next_batch();
        BOOST_TEST(ended.id == n);
        BOOST_TEST(ended.saved.has_value());
    }
    caller.stop();
    BOOST_TEST(snapshot_of(*open_database(path)).last_job == 100U);
}

BOOST_AUTO_TEST_CASE(batches_that_wait_together_share_one_transaction) {
    open_and_hold();
    for (std::uint64_t n = 1; n <= 10; ++n) caller.store().send(submit_of(n));
    BOOST_TEST(caller.store().statistics().waiting == 10U);
    caller.let_go();
    BOOST_TEST(std::holds_alternative<Answered>(caller.next()));
    for (std::uint64_t n = 1; n <= 10; ++n) BOOST_TEST(caller.next_batch().saved.has_value());

    const Statistics now = caller.store().statistics();
    BOOST_TEST(now.commits == 1U);
    BOOST_TEST(now.batches == 10U);
    BOOST_TEST(now.rows == 20U);
    BOOST_TEST(now.waiting == 0U);
    BOOST_TEST(now.is_open);
}

BOOST_AUTO_TEST_CASE(an_answer_shows_what_was_sent_before_it_was_asked) {
    open_and_hold();
    caller.store().send(submit_of(1));
    std::size_t seen = 0;
    caller.store().ask(JobPage{},
                       [&](const Result<Answer>& answer) { seen = answer.value().jobs.size(); });
    caller.let_go();
    BOOST_TEST(std::holds_alternative<Answered>(caller.next()));
    BOOST_TEST(caller.next_batch().saved.has_value());
    Completion completion = caller.next();
    auto& answered = std::get<Answered>(completion);
    answered.on_answer(std::move(answered.answer));
    BOOST_TEST(seen == 1U);
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_impossible_spares_those_before_it_and_stops_those_after) {
    open_and_hold();
    caller.store().send(submit_of(1));
    caller.store().send(submit_of(2));
    caller.store().send(submit_of(1));
    caller.store().send(submit_of(3));
    caller.let_go();
    BOOST_TEST(std::holds_alternative<Answered>(caller.next()));
    BOOST_TEST(caller.next_batch().saved.has_value());
    BOOST_TEST(caller.next_batch().saved.has_value());
    const BatchEnded impossible = caller.next_batch();
    BOOST_TEST((impossible.saved.error().code == Errc::conflict));
    BOOST_TEST(impossible.saved.error().confirmed);
    const BatchEnded after = caller.next_batch();
    BOOST_TEST((after.saved.error().code == Errc::storage_unavailable));
    BOOST_TEST(after.saved.error().confirmed);

    BOOST_TEST(!caller.store().statistics().is_open);
    auto snapshot = caller.reopen();
    BOOST_TEST_REQUIRE(snapshot.has_value());
    BOOST_TEST(snapshot->last_job == 2U);
    BOOST_TEST(caller.save(submit_of(3)).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_saved_or_answered_before_it_is_opened) {
    BOOST_TEST((caller.save(submit_of(1)).error().code == Errc::storage_unavailable));
    BOOST_TEST((caller.ask(JobPage{}).error().code == Errc::storage_unavailable));
    BOOST_TEST(!caller.store().statistics().is_open);
}

BOOST_AUTO_TEST_CASE(a_batch_of_before_the_news_of_a_reopening_is_not_saved) {
    caller.hold();
    caller.store().reopen([](Result<Snapshot>) {});
    caller.wait_until_held();
    caller.store().send(submit_of(1));
    BOOST_TEST(std::holds_alternative<Reopened>(caller.next()));
    caller.store().send(submit_of(2));
    caller.let_go();
    BOOST_TEST((caller.next_batch().saved.error().code == Errc::storage_unavailable));
    BOOST_TEST(caller.next_batch().saved.has_value());
    caller.stop();
    BOOST_TEST(ids_of(unfinished_of(*open_database(path))) == std::vector<job::Id>{2},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_sent_is_saved_when_the_store_ends) {
    open_and_hold();
    for (std::uint64_t n = 1; n <= 5; ++n) caller.store().send(submit_of(n));
    caller.let_go();
    caller.stop();
    BOOST_TEST(snapshot_of(*open_database(path)).last_job == 5U);
    BOOST_TEST(!std::filesystem::exists(path + "-wal"));
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_opened_may_be_tried_again) {
    write_file(path, "not a database");
    BOOST_TEST((caller.reopen().error().code == Errc::storage_unavailable));
    BOOST_TEST(!caller.save(submit_of(1)).has_value());
    std::filesystem::remove(path);
    BOOST_TEST(caller.reopen().has_value());
    BOOST_TEST(caller.save(submit_of(1)).has_value());
}

BOOST_AUTO_TEST_CASE(an_idle_store_copies_its_log_into_the_database_once) {
    Caller idle{{.database = {.path = directory / "idle.db"}, .idle_delay = 1ms}};
    BOOST_TEST_REQUIRE(idle.reopen().has_value());
    BOOST_TEST(idle.save(submit_of(1)).has_value());
    while (idle.store().statistics().checkpoints == 0) std::this_thread::yield();
    BOOST_TEST(idle.ask(JobPage{}).has_value());
    const Statistics now = idle.store().statistics();
    BOOST_TEST(now.checkpoints == 1U);
    BOOST_TEST(now.log_size.count == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
