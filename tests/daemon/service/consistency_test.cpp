// Each kind of difference between what is in memory, on disk and running: planted, and found.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;

constexpr auto no_limit = job::Id{1} << 60;

struct Consistency : Story {
    // The unfinished jobs as memory has them, the newest first, as the store answers.
    store::Answer rows() {
        store::Answer answer;
        for (const auto& [id, job] : service.jobs.all())
            if (!job::is_final(job.state())) answer.jobs.insert(answer.jobs.begin(), job.row);
        return answer;
    }
    void compare(const store::Answer& answer) {
        service.jobs.compare_page(answer, no_limit, service.last_committed(), findings);
    }
    std::vector<Begun> alive() {
        std::vector<Begun> begun;
        for (const auto& [id, since] : service.jobs.alive())
            begun.push_back({id, service.jobs.find(id)->row.progress.attempt});
        return begun;
    }
    void compare(const std::vector<Begun>& begun) {
        service.jobs.compare_attempts(begun, service.last_committed(), findings);
    }
    void inspect() { service.jobs.inspect(findings, now); }

    store::JobRow held() {
        auto job = row(alice);
        job.progress.state = State::held;
        return job;
    }

    // What was found, a line each.
    std::string found() const {
        std::string text;
        for (const auto& finding : findings.list())
            text += finding.part + ", " + finding.subject + ": " + finding.detail +
                    (finding.repaired ? " (repaired)\n" : "\n");
        return text;
    }

    Findings findings;
    Findings repairing{Repair::yes};
};

BOOST_FIXTURE_TEST_SUITE(consistency, Consistency)

BOOST_AUTO_TEST_CASE(where_all_fits_together_nothing_is_found) {
    submit(held(), "A=1");
    auto running = submit(row(alice, 1), "A=1");
    run(running);
    auto ended = submit(row(alice));
    end(ended, {.exit_code = 0});
    inspect();
    compare(rows());
    compare(alive());
    BOOST_TEST(found() == "");
}

BOOST_AUTO_TEST_CASE(what_is_not_committed_yet_is_no_difference) {
    auto waits = submit(held());
    auto running = submit(row(alice));
    auto before = rows();
    auto had = alive();
    BOOST_TEST(service.jobs.release({.ids = {waits}}, alice, now).has_value());
    service.jobs.ended(running, 1, {.exit_code = 0, .at = now.wall}, now);
    service.jobs.submit(held(), "B=1", Ticket{}, alice, now).value();
    turn();
    inspect();
    compare(before);
    compare({Begun{waits, 1}, had.front()});
    BOOST_TEST(found() == "");
}

BOOST_AUTO_TEST_CASE(a_job_that_is_only_on_disk_or_only_in_memory_is_found) {
    auto id = submit(held());
    auto answer = rows();
    auto other = answer.jobs.front();
    other.id = id + 7;
    compare({.jobs = {other}});
    BOOST_TEST(found() ==
               "jobs, job 1: it is held, attempt 0 in memory, and not on disk; a restart of ccd "
               "takes what is on disk\n"
               "jobs, job 8: it is held, attempt 0 on disk, and not in memory; a restart of ccd "
               "takes what is on disk\n");
}

BOOST_AUTO_TEST_CASE(a_page_answers_for_its_part_of_the_numbers_only) {
    for (int i = 0; i < 3; ++i) submit(held());
    auto answer = rows();
    answer.jobs.pop_back();
    answer.is_partial = true;
    answer.next = 2;
    BOOST_TEST(service.jobs.compare_page(answer, no_limit, service.last_committed(), findings) ==
               2U);
    answer.jobs = {rows().jobs.back()};
    answer.is_partial = false;
    service.jobs.compare_page(answer, 2, service.last_committed(), findings);
    BOOST_TEST(found() == "");
}

BOOST_AUTO_TEST_CASE(another_state_attempt_or_priority_is_found) {
    submit(held());
    auto answer = rows();
    answer.jobs.front().progress.state = State::queued;
    compare(answer);
    answer = rows();
    answer.jobs.front().progress.attempt = 2;
    compare(answer);
    answer = rows();
    answer.jobs.front().progress.priority = 9;
    compare(answer);
    answer = rows();
    answer.jobs.front().progress.retries_left = 9;
    compare(answer);
    BOOST_TEST(findings.found() == 4U);
    BOOST_TEST(findings.list().front().detail ==
               "it is queued, attempt 0 on disk, and held, attempt 0 in memory; a restart of ccd "
               "takes what is on disk");
}

BOOST_AUTO_TEST_CASE(an_environment_that_is_not_on_disk_is_found_and_written_again) {
    submit(held(), "A=1");
    auto answer = rows();
    auto id = answer.jobs.front().environment;
    answer.jobs.front().environment = 0;
    compare(answer);
    BOOST_TEST(found() == "environments, environment 1 of job 1: it is not on disk\n");
    BOOST_TEST(!service.has_rows());
    service.jobs.compare_page(answer, no_limit, service.last_committed(), repairing);
    BOOST_TEST(repairing.repaired() == 1U);
    settle();
    BOOST_TEST(
        (std::get<store::EnvironmentRow>(written.back()) == store::EnvironmentRow{id, "A=1"}));
}

BOOST_AUTO_TEST_CASE(an_environment_that_many_share_is_written_again_once) {
    for (int i = 0; i < 3; ++i) submit(held(), "A=1");
    auto answer = rows();
    for (auto& job : answer.jobs) job.environment = 0;
    service.jobs.compare_page(answer, no_limit, service.last_committed(), repairing);
    BOOST_TEST(repairing.repaired() == 3U);
    BOOST_TEST(turn().batch.writes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_environment_on_disk_goes_unless_a_job_needs_it) {
    submit(held(), "A=1");
    BOOST_TEST(!service.jobs.drop_unused(1));
    BOOST_TEST(service.jobs.drop_unused(9));
    settle();
    BOOST_TEST(std::get<store::EnvironmentErase>(written.back()).id == 9U);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_nobody_has_is_found_and_ended) {
    auto id = submit(row(alice));
    auto begun = alive();
    begun.push_back({id, 2});
    begun.push_back({77, 1});
    compare(begun);
    BOOST_TEST(found() ==
               "attempts, job 1: attempt 2 runs, and nobody has it\n"
               "attempts, job 77: attempt 1 runs, and nobody has it\n");
    service.jobs.compare_attempts(begun, service.last_committed(), repairing);
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 2U);
    BOOST_TEST(repairing.repaired() == 2U);
}

BOOST_AUTO_TEST_CASE(a_job_that_the_executor_does_not_know_is_found) {
    submit(row(alice));
    compare(std::vector<Begun>{});
    BOOST_TEST(found() ==
               "attempts, job 1: it is starting, attempt 1, and the executor does not know it; a "
               "restart of ccd looks for it\n");
}

BOOST_AUTO_TEST_CASE(a_job_for_which_nothing_is_kept_is_found_and_put_right) {
    auto id = submit(row(alice, 1));
    service.ledger.give_back(id);
    inspect();
    BOOST_TEST(found() == "ledger, job 1: it is alive, and nothing is kept for it\n");
    service.jobs.inspect(repairing, now);
    BOOST_TEST(repairing.repaired() == 1U);
    Findings again;
    service.jobs.inspect(again, now);
    BOOST_TEST(again.found() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_kept_for_nobody_is_found_and_put_right) {
    service.ledger.take(77, demand_of(row(alice, 1)), {"GPU-a"});
    inspect();
    BOOST_TEST(found() == "ledger, job 77: something is kept for it, and it is not alive\n");
    service.jobs.inspect(repairing, now);
    BOOST_TEST(service.ledger.holders().empty());
}

BOOST_AUTO_TEST_CASE(a_count_of_jobs_that_is_wrong_is_found) {
    auto waits = submit(held());
    auto running = submit(row(alice));
    service.jobs.forget(service.jobs.find(waits)->row);
    inspect();
    BOOST_TEST(found() ==
               "counters, unfinished: 1 are counted, and there are 2; a restart of ccd takes what "
               "is on disk\n");
    service.jobs.forget(service.jobs.find(running)->row);
    findings = Findings{};
    inspect();
    BOOST_TEST(findings.list().front().subject == "starting");
}

BOOST_AUTO_TEST_CASE(finished_jobs_are_counted_as_on_disk) {
    end(submit(row(alice)), {.exit_code = 0});
    std::vector<std::uint64_t> finished(job::state_table.size());
    finished.at(static_cast<std::size_t>(State::succeeded)) = 1;
    service.jobs.compare_census(finished, findings);
    BOOST_TEST(found() == "");
    finished.at(static_cast<std::size_t>(State::lost)) = 3;
    service.jobs.compare_census(finished, findings);
    BOOST_TEST(found() ==
               "counters, lost: 0 are counted in memory, and 3 on disk; a restart of ccd takes "
               "what is on disk\n");
}

BOOST_AUTO_TEST_CASE(a_pool_or_an_array_that_is_counted_wrong_is_found) {
    Pools pools;
    auto job = row(alice);
    job.pool = "license";
    job.array = 5;
    pools.begin(job);
    const std::vector<const store::JobRow*> one{&job};
    pools.compare(one, findings);
    BOOST_TEST(found() == "");
    pools.compare({}, findings);
    BOOST_TEST(found() ==
               "pools, pool 'license': 1 count as running, and 0 run; a restart of ccd counts "
               "anew\n"
               "pools, array 5: 1 count as running, and 0 run; a restart of ccd counts anew\n");
}

BOOST_AUTO_TEST_CASE(of_many_findings_some_are_listed_and_all_are_counted) {
    for (std::size_t i = 0; i < Findings::limit + 5; ++i) findings.add("jobs", "x", "y", i == 0);
    BOOST_TEST(findings.list().size() == Findings::limit);
    BOOST_TEST(findings.found() == Findings::limit + 5);
    BOOST_TEST(findings.repaired() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
