// What goes off the record, a little at a time, and what must outlive it.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;
using namespace std::chrono_literals;
using job::State;

using Ids = std::vector<job::Id>;
const auto per_element = boost::test_tools::per_element();
const WallTime noon{std::chrono::hours{24 * 365 * 50}};

JobRow job_of(job::Id id, WallTime submitted, std::optional<WallTime> finished) {
    JobRow job = small_job(id, finished ? State::succeeded : State::queued);
    job.submitted_at = submitted;
    job.progress.run.edit().finished_at = finished;
    return job;
}

struct Fixture {
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    std::unique_ptr<Database> database = open_database(path);

    void prune(Ids jobs, std::uint64_t events_through = 0) {
        commit(*database, batch_of({Prune{std::move(jobs), events_through}}));
    }
    void close_and_open() {
        database.reset();
        database = open_database(path);
    }
    Ids on_record() { return ids_of(answer_of(*database, JobPage{}).jobs); }
};

BOOST_FIXTURE_TEST_SUITE(prune_suite, Fixture)

BOOST_AUTO_TEST_CASE(pruned_jobs_are_gone_and_the_counts_and_keys_follow) {
    JobRow keyed = small_job(2, State::failed);
    keyed.key = "once";
    commit(*database, batch_of({small_job(1, State::succeeded), keyed, small_job(3)}));
    prune({1, 2});
    BOOST_TEST(on_record() == Ids{3}, per_element);
    close_and_open();
    BOOST_TEST(answer_of(*database, JobPage{}).total == 1U);
    const Snapshot snapshot = snapshot_of(*database);
    BOOST_TEST(snapshot.finished_keys.empty());
    BOOST_TEST(snapshot.finished_by_state.at(static_cast<std::size_t>(State::failed)) == 0U);
}

BOOST_AUTO_TEST_CASE(numbers_stay_taken_when_the_newest_is_pruned) {
    Batch batch;
    for (std::uint64_t number = 1; number <= 5; ++number) {
        batch.add(small_job(number, State::succeeded));
        batch.add(job::Event{.seq = 10 * number, .job = number});
    }
    commit(*database, batch);
    prune({1, 2, 3, 4, 5}, 50);
    for (int opened = 0; opened < 2; ++opened) {
        const Snapshot snapshot = snapshot_of(*database);
        BOOST_TEST(snapshot.last_job == 5U);
        BOOST_TEST(snapshot.last_event == 50U);
        BOOST_TEST(snapshot.pruned_event == 50U);
        close_and_open();
    }
    commit(*database, batch_of({small_job(6, State::succeeded), small_job(7)}));
    prune({6});
    BOOST_TEST(snapshot_of(*database).last_job == 7U);
}

BOOST_AUTO_TEST_CASE(what_is_not_finished_cannot_be_pruned_and_what_is_gone_may_be) {
    commit(*database, batch_of({small_job(1)}));
    const Batch batch = batch_of({Prune{{1}, 0}});
    BOOST_TEST(!database->commit({&batch, 1}).has_value());
    BOOST_TEST(on_record() == Ids{1}, per_element);
    prune({99});
    BOOST_TEST(answer_of(*database, JobPage{}).total == 1U);
}

BOOST_AUTO_TEST_CASE(expired_is_what_had_ended_before_the_moment) {
    commit(*database, batch_of({job_of(1, noon - 9h, noon - 8h), job_of(2, noon - 8h, {}),
                                job_of(3, noon - 7h, noon - 1h), job_of(4, noon - 6h, noon - 5h),
                                job_of(5, noon - 2h, noon - 2h)}));
    const Answer answer = answer_of(*database, Expired{.before = noon - 3h});
    BOOST_TEST(ids_of(answer.jobs) == (Ids{1, 4}), per_element);
    BOOST_TEST(!answer.is_partial);
    BOOST_TEST((answer.oldest_kept == noon - 2h));
}

BOOST_AUTO_TEST_CASE(what_a_rule_needs_of_an_expired_job_is_told) {
    JobRow job = full_job(17);
    job.progress.state = State::lost;
    commit(*database, batch_of({job}));
    const Answer answer = answer_of(*database, Expired{.before = WallTime::max()});
    BOOST_TEST_REQUIRE(answer.jobs.size() == 1U);
    BOOST_TEST(answer.jobs[0].uid == job.uid);
    BOOST_TEST(answer.jobs[0].key.view() == job.key.view());
    BOOST_TEST((answer.jobs[0].progress.state == State::lost));
    BOOST_TEST(answer.jobs[0].progress.attempt == job.progress.attempt);
}

BOOST_AUTO_TEST_CASE(expired_jobs_come_a_few_at_a_time_and_the_next_question_goes_on) {
    Batch batch;
    for (job::Id id = 1; id <= 7; ++id) batch.add(job_of(id, noon - 9h, noon - 8h));
    commit(*database, batch);
    Expired query{.before = noon, .limit = 3};
    Answer answer = answer_of(*database, query);
    BOOST_TEST(ids_of(answer.jobs) == (Ids{1, 2, 3}), per_element);
    BOOST_TEST(answer.is_partial);
    query.since = answer.next;
    BOOST_TEST(ids_of(answer_of(*database, query).jobs) == (Ids{4, 5, 6}), per_element);
}

BOOST_AUTO_TEST_CASE(a_look_for_what_has_expired_stops_at_its_budget) {
    Batch batch;
    for (job::Id id = 1; id <= 7; ++id) batch.add(job_of(id, noon - 9h, {}));
    commit(*database, batch);
    database.reset();
    auto reopened = Database::open({.path = path, .row_budget = 4});
    BOOST_TEST_REQUIRE(reopened.has_value());
    const Answer answer = answer_of(**reopened, Expired{.before = noon});
    BOOST_TEST(answer.is_partial);
    BOOST_TEST(answer.jobs.empty());
    BOOST_TEST(answer.next == 4U);
}

BOOST_AUTO_TEST_CASE(events_expire_from_the_first_on_and_so_many_at_a_time) {
    Batch batch;
    for (std::uint64_t seq = 1; seq <= 6; ++seq) {
        batch.add(job::Event{.seq = seq, .time = noon + std::chrono::minutes{seq}, .job = 1});
    }
    commit(*database, batch);
    Answer answer = answer_of(*database, Expired{.before = noon + 4min});
    BOOST_TEST(answer.expired_event == 3U);
    BOOST_TEST(!answer.is_partial);
    BOOST_TEST((answer.oldest_kept == noon + 4min));
    prune({}, 3);
    const Answer page = answer_of(*database, EventPage{});
    BOOST_TEST_REQUIRE(page.events.size() == 3U);
    BOOST_TEST(page.events[0].seq == 4U);
    BOOST_TEST(answer_of(*database, Expired{.before = noon}).expired_event == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
