#include "daemon/exec/process_executor.h"

#include <map>

#include "daemon/exec/proc_stat.h"
#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

BOOST_FIXTURE_TEST_SUITE(process_executor, Bench)

BOOST_AUTO_TEST_CASE(its_name_is_process) {
    BOOST_TEST(executor().name() == "process");
}

BOOST_AUTO_TEST_CASE(it_runs_jobs_of_its_own_user_only) {
    BOOST_TEST(executor().may_run(geteuid()).has_value());
    Result<void> refused = executor().may_run(geteuid() + 1);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::denied));
    BOOST_TEST(refused.error().message.find(std::to_string(geteuid() + 1)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_job_is_reported_started_and_then_ended) {
    Attempt attempt = start(shell("echo $$"));
    while (reports().size() < 2) turn();
    auto* started = std::get_if<Started>(&reports()[0].what);
    BOOST_REQUIRE(started != nullptr);
    BOOST_TEST(std::holds_alternative<Ended>(reports()[1].what));
    BOOST_TEST(read_file(log_of(attempt)) == std::to_string(started->main_pid) + "\n");
}

BOOST_AUTO_TEST_CASE(an_attempt_is_its_own_from_the_start_to_the_report_of_its_end) {
    BOOST_TEST(executor().attempts().empty());
    Attempt attempt = start(shell("exit 0"));
    BOOST_TEST((executor().attempts() == std::vector{attempt}));
    await<Ended>(attempt);
    BOOST_TEST(executor().attempts().empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_reported_from_within_a_call) {
    Launch job = shell("true");
    job.log_file = "";
    executor().start(job);
    BOOST_TEST(reports().empty());
    await<NeverBegan>(job.attempt);
    adopt({{.attempt = job.attempt}});
    BOOST_TEST(reports().empty());
    await<NeverBegan>(job.attempt);
}

BOOST_AUTO_TEST_CASE(the_evidence_is_kept_until_it_is_released) {
    Attempt attempt = start(shell("exit 3"));
    await<Ended>(attempt);
    BOOST_TEST(records().has_record(attempt));
    executor().release(attempt);
    while (records().has_record(attempt)) run(shell("true"));
    adopt({{.attempt = attempt, .was_running = true}});
    await<Lost>(attempt);
}

BOOST_AUTO_TEST_CASE(to_stop_what_is_not_alive_does_nothing) {
    Attempt attempt = start(shell("exit 3"));
    await<Ended>(attempt);
    executor().stop(attempt);
    executor().stop(shell("true").attempt);
    BOOST_TEST(run(shell("exit 4")).exit_code.value() == 4);
}

// As /proc tells: the parent first.
std::vector<std::int64_t> ancestors_of(pid_t pid) {
    std::vector<std::int64_t> ancestors;
    for (auto stat = read_stat(pid); stat && stat->parent > 0; stat = read_stat(stat->parent))
        ancestors.push_back(stat->parent);
    return ancestors;
}

BOOST_AUTO_TEST_CASE(a_process_is_known_by_the_shim_above_it_whoever_started_that) {
    Attempt attempt = start(shell("sleep 1000"));
    auto ancestors = ancestors_of(static_cast<pid_t>(await<Started>(attempt).main_pid));
    BOOST_TEST((executor().owner_of({}, ancestors) == attempt));
    BOOST_TEST(!executor().owner_of({}, ancestors_of(getpid())).has_value());
    replace_executor();
    adopt({{.attempt = attempt, .was_running = true}});
    await<Started>(attempt);
    BOOST_TEST((executor().owner_of({}, ancestors) == attempt));
    executor().stop(attempt);
    await<Ended>(attempt);
    BOOST_TEST(!executor().owner_of({}, ancestors).has_value());
}

BOOST_AUTO_TEST_CASE(two_hundred_jobs_at_once_each_keep_their_own_end) {
    std::map<Attempt, int> codes;
    for (int i = 0; i < 200; ++i) codes[start(shell("exit " + std::to_string(i)))] = i;
    for (const auto& [attempt, code] : codes)
        BOOST_TEST(await<Ended>(attempt).exit_code.value() == code);
}

BOOST_AUTO_TEST_CASE(an_executor_may_go_while_its_jobs_are_being_launched) {
    std::vector<Attempt> dropped;
    for (int i = 0; i < 20; ++i) dropped.push_back(start(shell("true")));
    replace_executor();
    BOOST_TEST(run(shell("exit 6")).exit_code.value() == 6);
    for (const Attempt& attempt : dropped) BOOST_TEST(!was_reported(attempt));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
