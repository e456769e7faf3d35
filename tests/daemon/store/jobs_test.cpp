#include "daemon/store/jobs.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;
using job::State;

using Ids = std::vector<job::Id>;

struct Fixture {
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    std::unique_ptr<Database> database = open_database(path);

    Result<void> try_commit(const Batch& batch) { return database->commit({&batch, 1}); }
    Ids page(const JobPage& query) { return ids_of(answer_of(*database, query).jobs); }
    void close_and_open() {
        database.reset();
        database = open_database(path);
    }
};

BOOST_FIXTURE_TEST_SUITE(jobs, Fixture)

BOOST_AUTO_TEST_CASE(every_field_of_a_job_comes_back) {
    const JobRow full = full_job(17);
    const JobRow small{.id = 18};
    commit(*database, batch_of({full, small}));
    close_and_open();
    const std::vector<JobRow> unfinished = unfinished_of(*database);
    BOOST_TEST_REQUIRE(unfinished.size() == 2U);
    BOOST_TEST((unfinished[0] == full));
    BOOST_TEST((unfinished[1] == small));
    BOOST_TEST(snapshot_of(*database).last_job == 18U);
}

BOOST_AUTO_TEST_CASE(progress_takes_the_place_of_the_old_as_a_whole) {
    for (const auto& row : job::state_table) {
        JobRow job = small_job(static_cast<job::Id>(row.value) + 1);
        commit(*database, batch_of({job}));
        for (const Progress& progress : {full_progress(row.value), Progress{.state = row.value}}) {
            commit(*database, batch_of({ProgressWrite{job.id, progress}}));
            job.progress = progress;
            const Answer answer = answer_of(*database, JobsById{{job.id}});
            BOOST_TEST_REQUIRE(answer.jobs.size() == 1U);
            BOOST_TEST((answer.jobs[0] == job), row.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(commands_beyond_what_an_answer_may_hold_are_left_out) {
    std::vector<JobRow> rows{full_job(1), full_job(2), full_job(3)};
    commit(*database, batch_of({rows[0], rows[1], rows[2]}));
    const std::size_t size = rows[0].argv.size();
    const Answer answer =
        answer_of(*database, JobsById{.ids = {1, 2, 3}, .command_limit = 2 * size + 1});
    BOOST_TEST_REQUIRE(answer.jobs.size() == 3U);
    for (std::size_t i = 0; i < 2; ++i) BOOST_TEST((answer.jobs[i] == rows[i]));
    rows[2].argv = {};
    BOOST_TEST((answer.jobs[2] == rows[2]));
}

BOOST_AUTO_TEST_CASE(progress_of_a_job_that_is_not_there_is_refused) {
    auto saved = try_commit(batch_of({ProgressWrite{99, {}}}));
    BOOST_TEST_REQUIRE(!saved.has_value());
    BOOST_TEST((saved.error().code == Errc::internal));
}

BOOST_AUTO_TEST_CASE(an_id_is_given_once) {
    commit(*database, batch_of({small_job(1)}));
    BOOST_TEST((try_commit(batch_of({small_job(1)})).error().code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(unfinished_jobs_come_in_parts_and_each_comes_once) {
    constexpr job::Id count = 9'000;
    Batch batch;
    for (job::Id id = 1; id <= count; ++id)
        batch.add(small_job(id, id % 3 == 0 ? State::succeeded : State::queued));
    commit(*database, batch);
    Ids seen;
    std::size_t parts = 0;
    Answer part{.is_partial = true};
    while (part.is_partial) {
        part = answer_of(*database, UnfinishedJobs{part.next});
        for (const job::Id id : ids_of(part.jobs)) seen.push_back(id);
        ++parts;
    }
    BOOST_TEST(parts > 1U);
    BOOST_TEST(std::ranges::is_sorted(seen));
    BOOST_TEST(seen.size() == count - count / 3);
    BOOST_TEST(std::ranges::none_of(seen, [](job::Id id) { return id % 3 == 0; }));
}

BOOST_AUTO_TEST_CASE(the_start_gets_unfinished_jobs_and_the_keys_of_the_others) {
    Batch batch;
    for (const auto& row : job::state_table) {
        JobRow job = small_job(static_cast<job::Id>(row.value) + 1, row.value);
        job.key = row.name;
        batch.add(job);
    }
    batch.add(small_job(100, State::lost));
    commit(*database, batch);
    const Snapshot snapshot = snapshot_of(*database);
    BOOST_TEST(ids_of(unfinished_of(*database)) == (Ids{1, 2, 3, 4, 5}),
               boost::test_tools::per_element());
    Ids known;
    for (const KnownKey& key : snapshot.finished_keys) {
        BOOST_TEST(key.uid == 1000U);
        BOOST_TEST(key.key == job::state_table[key.id - 1].name);
        known.push_back(key.id);
    }
    std::ranges::sort(known);
    BOOST_TEST(known == (Ids{6, 7, 8, 9, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(jobs_are_given_in_the_order_they_were_asked_for) {
    commit(*database, batch_of({small_job(1), small_job(2), small_job(3)}));
    BOOST_TEST(ids_of(answer_of(*database, JobsById{{3, 99, 1}}).jobs) == (Ids{3, 1}),
               boost::test_tools::per_element());
}

struct PageFixture : Fixture {
    // Jobs 1 to 12. Odd ones are of uid 1, even ones of uid 2; every third is tagged; the first
    // six are over.
    PageFixture() {
        Batch batch;
        for (job::Id id = 1; id <= 12; ++id) {
            JobRow job = small_job(id, id <= 6 ? State::failed : State::queued);
            job.uid = id % 2 == 1 ? 1 : 2;
            if (id % 3 == 0) job.options.edit().tags = {"other", "third"};
            batch.add(job);
        }
        commit(*database, batch);
    }
};

BOOST_FIXTURE_TEST_CASE(a_page_is_newest_first_and_goes_on_where_it_stopped, PageFixture) {
    Ids all;
    Answer answer{.is_partial = true};
    JobPage query{.limit = 5};
    for (int asked = 0; answer.is_partial; ++asked) {
        BOOST_TEST_REQUIRE(asked < 4);
        answer = answer_of(*database, query);
        BOOST_TEST(answer.jobs.size() <= 5U);
        BOOST_TEST(answer.total == 12U);
        for (const job::Id id : ids_of(answer.jobs)) all.push_back(id);
        query.before = answer.next;
    }
    BOOST_TEST(all == (Ids{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}),
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_page_keeps_to_every_filter, PageFixture) {
    const auto per_element = boost::test_tools::per_element();
    BOOST_TEST(page({.states = {State::failed}}) == (Ids{6, 5, 4, 3, 2, 1}), per_element);
    BOOST_TEST(page({.states = {State::queued}}) == (Ids{12, 11, 10, 9, 8, 7}), per_element);
    BOOST_TEST(page({.states = {State::queued, State::held}, .before = 10}) == (Ids{9, 8, 7}),
               per_element);
    BOOST_TEST(page({.states = {State::held}}).empty());
    BOOST_TEST(page({.states = {State::queued, State::failed}, .before = 3}) == (Ids{2, 1}),
               per_element);
    BOOST_TEST(page({.uid = 2, .limit = 3}) == (Ids{12, 10, 8}), per_element);
    BOOST_TEST(page({.tag = "third"}) == (Ids{12, 9, 6, 3}), per_element);
    BOOST_TEST(page({.tag = "thir"}).empty());
    BOOST_TEST(page({.states = {State::failed}, .uid = 1, .tag = "third"}) == Ids{3}, per_element);
    BOOST_TEST(page({.before = 1}).empty());
    BOOST_TEST(page({.limit = 0}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_search_that_finds_nothing_stops_at_its_budget_and_can_go_on,
                        PageFixture) {
    database.reset();
    auto reopened = Database::open({.path = path, .row_budget = 4});
    BOOST_TEST_REQUIRE(reopened.has_value());
    Answer answer = answer_of(**reopened, JobPage{.tag = "none"});
    BOOST_TEST(answer.is_partial);
    BOOST_TEST(answer.next == 9U);
    answer = answer_of(**reopened, JobPage{.tag = "none", .before = 5});
    BOOST_TEST(!answer.is_partial);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
