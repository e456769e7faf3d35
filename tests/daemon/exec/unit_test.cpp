#include "daemon/exec/unit.h"

#include <signal.h>

#include <cerrno>

#include <boost/test/unit_test.hpp>

namespace ccd::exec {
namespace {

constexpr std::uint64_t second = 1'000'000;

// A unit whose program ran from second 10 to second 20.
UnitState ended_unit(std::int32_t kind, std::int32_t status) {
    return {.active = "active",
            .sub = "exited",
            .result = "success",
            .exit_kind = kind,
            .exit_status = status,
            .active_since = 10 * second,
            .began_at = 10 * second,
            .ended_at = 20 * second};
}

UnitState failed_unit(std::string result, std::int32_t kind, std::int32_t status) {
    auto unit = ended_unit(kind, status);
    unit.active = unit.sub = "failed";
    unit.result = std::move(result);
    return unit;
}

template <class What>
What outcome(const UnitState& unit, std::optional<WallTime> stopped_at = {}) {
    auto outcome = outcome_of(unit, stopped_at, {.program = "nosuch", .cwd = "/x"});
    BOOST_TEST_REQUIRE(std::holds_alternative<What>(outcome), "index " << outcome.index());
    return std::get<What>(std::move(outcome));
}

WallTime at(std::int64_t seconds) {
    return WallTime(Millis(seconds * 1'000));
}

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(a_unit_is_named_after_its_attempt_and_found_by_it) {
    Attempt attempt{.job = 42, .number = 3, .nonce = "5f3a9c1e-42-3"};
    BOOST_TEST(unit_name(attempt) == "ccd-job-5f3a9c1e-42-3.service");
    BOOST_TEST((parse_unit_name("ccd-job-5f3a9c1e-42-3.service", "5f3a9c1e") == attempt));
    BOOST_TEST(unit_name_of_path("/org/freedesktop/systemd1/unit/"
                                 "ccd_2djob_2d5f3a9c1e_2d42_2d3_2eservice") == unit_name(attempt));
}

BOOST_AUTO_TEST_CASE(units_of_others_are_not_ours) {
    for (const char* name :
         {"ssh.service", "ccd.service", "ccd-jobs.slice", "ccd-job-5f3a9c1e-42-3.scope",
          "ccd-job-aaaaaaaa-42-3.service", "ccd-job-5f3a9c1e-42.service",
          "ccd-job-5f3a9c1e.service", "ccd-job-5f3a9c1e-42-x.service",
          "ccd-job-5f3a9c1e42-1-3.service", "ccd-job-.service", ""})
        BOOST_TEST(!parse_unit_name(name, "5f3a9c1e").has_value(), name);
    BOOST_TEST(unit_name_of_path("/org/freedesktop/systemd1/job/17").empty());
}

BOOST_AUTO_TEST_CASE(a_description_keeps_when_the_end_was_begun) {
    Attempt attempt{.job = 7, .number = 1, .nonce = "a-7-1"};
    BOOST_TEST(description_of(attempt, {}) == "ccd job 7, attempt 1");
    BOOST_TEST(!parse_stopped_at(description_of(attempt, {})).has_value());
    BOOST_TEST((parse_stopped_at(description_of(attempt, at(33))) == at(33)));
    BOOST_TEST(!parse_stopped_at("ccd job 7, attempt 1, being ended since then").has_value());
}

BOOST_AUTO_TEST_CASE(an_exit_code_and_its_times_are_what_the_manager_saw) {
    auto ended = outcome<Ended>(failed_unit("exit-code", CLD_EXITED, 3));
    BOOST_TEST((ended.exit_code == 3 && !ended.signal));
    BOOST_TEST((ended.began == at(10) && ended.at == at(20)));
    BOOST_TEST((ended.cause == Cause::program));
}

BOOST_AUTO_TEST_CASE(a_signal_that_the_manager_counts_as_success_is_told_as_a_signal) {
    auto ended = outcome<Ended>(ended_unit(CLD_KILLED, SIGTERM));
    BOOST_TEST((!ended.exit_code && ended.signal == SIGTERM));
    BOOST_TEST((ended.cause == Cause::program));
    BOOST_TEST((outcome<Ended>(failed_unit("core-dump", CLD_DUMPED, SIGSEGV)).signal == SIGSEGV));
}

BOOST_AUTO_TEST_CASE(an_exit_status_of_the_managers_own_range_is_the_jobs_if_it_ran) {
    BOOST_TEST((outcome<Ended>(failed_unit("exit-code", CLD_EXITED, 217)).exit_code == 217));
}

BOOST_AUTO_TEST_CASE(what_never_ran_says_why_and_whose_doing_it_is) {
    auto unit = failed_unit("exit-code", CLD_EXITED, 217);
    unit.active_since = 0;
    auto refused = outcome<NotStarted>(unit);
    BOOST_TEST(refused.exit_code == 125);
    BOOST_TEST(refused.reason == "systemd could not start it: its user is not known");
    unit.exit_status = 228;
    BOOST_TEST(outcome<NotStarted>(unit).reason == "systemd could not start it: its system calls");
    unit.exit_status = 203;
    BOOST_TEST(outcome<NeverBegan>(unit).reason ==
               "systemd could not start it: ccd-shim cannot be executed");
    unit.exit_status = 234;
    BOOST_TEST(outcome<NeverBegan>(unit).reason ==
               "systemd could not start it: exit-code, status 234");
    BOOST_TEST((outcome<NeverBegan>(unit).blame == NeverBegan::Blame::attempt));
    unit.exit_status = 219;
    BOOST_TEST((outcome<NeverBegan>(unit).blame == NeverBegan::Blame::executor));
    BOOST_TEST(outcome<NeverBegan>(UnitState{.active = "failed", .result = "resources"}).reason ==
               "systemd could not start it: resources");
}

BOOST_AUTO_TEST_CASE(what_was_killed_before_it_was_active_never_ran) {
    auto killed = failed_unit("signal", CLD_KILLED, SIGKILL);
    killed.active_since = 0;
    auto none = outcome<NeverBegan>(killed);
    BOOST_TEST(none.reason == "ccd-shim was ended by signal 9 before it could begin");
    BOOST_TEST((none.blame == NeverBegan::Blame::attempt));
    auto dumped = failed_unit("core-dump", CLD_DUMPED, SIGSEGV);
    dumped.active_since = 0;
    outcome<NeverBegan>(dumped);
    // Where all jobs together are out of memory, or the machine, another time may be better.
    killed.result = "oom-kill";
    outcome<NeverBegan>(killed);
}

BOOST_AUTO_TEST_CASE(what_a_stop_or_its_own_memory_limit_has_killed_is_not_tried_again) {
    auto killed = failed_unit("oom-kill", CLD_KILLED, SIGKILL);
    killed.active_since = 0;
    BOOST_TEST((outcome<Ended>(killed, at(15)).signal == SIGKILL));
    killed.memory_limit = 1 << 20;
    BOOST_TEST((outcome<Ended>(killed).cause == Cause::memory));
    auto stopped = ended_unit(CLD_KILLED, SIGTERM);
    stopped.active_since = 0;
    BOOST_TEST((outcome<Ended>(stopped, at(15)).cause == Cause::stop));
}

BOOST_AUTO_TEST_CASE(a_program_that_could_not_be_executed_is_told_as_the_shim_tells_it) {
    auto unit = failed_unit("exit-code", CLD_EXITED, 127);
    unit.status = encode_failure({Step::exec, ENOENT}).view();
    BOOST_TEST(outcome<NotStarted>(unit).exit_code == 127);
    BOOST_TEST(outcome<NotStarted>(unit).reason == "cannot run 'nosuch': not found");
}

BOOST_AUTO_TEST_CASE(a_job_that_talks_to_the_manager_itself_is_not_taken_for_the_shim) {
    auto unit = failed_unit("exit-code", CLD_EXITED, 3);
    unit.status = encode_failure({Step::exec, ENOENT}).view();
    BOOST_TEST((outcome<Ended>(unit).exit_code == 3));
    unit.exit_status = 127;
    unit.status = "epoch 3 of 5";
    BOOST_TEST((outcome<Ended>(unit).exit_code == 127));
}

BOOST_AUTO_TEST_CASE(what_brought_the_end_about_is_told) {
    auto stopped = ended_unit(CLD_KILLED, SIGTERM);
    BOOST_TEST((outcome<Ended>(stopped, at(15)).cause == Cause::stop));
    BOOST_TEST(
        (outcome<Ended>(failed_unit("oom-kill", CLD_KILLED, SIGKILL)).cause == Cause::memory));
    auto late = failed_unit("timeout", CLD_KILLED, SIGTERM);
    late.left_active_at = 19 * second;
    late.time_limit = 10 * second;
    BOOST_TEST((outcome<Ended>(late).cause == Cause::time_limit));
    late.time_limit = 60 * second;
    BOOST_TEST((outcome<Ended>(late).cause == Cause::manager));
}

BOOST_AUTO_TEST_CASE(a_unit_that_was_brought_down_is_no_success_whatever_the_program_says) {
    auto by_hand = ended_unit(CLD_EXITED, 0);
    by_hand.active = "inactive";
    by_hand.left_active_at = 19 * second;
    BOOST_TEST((outcome<Ended>(by_hand).cause == Cause::manager));
    BOOST_TEST((outcome<Ended>(by_hand).exit_code == 0));
    auto trapped = failed_unit("exit-code", CLD_EXITED, 143);
    trapped.left_active_at = 19 * second;
    BOOST_TEST((outcome<Ended>(trapped).cause == Cause::manager));
    auto killed = ended_unit(CLD_KILLED, SIGTERM);
    killed.left_active_at = 19 * second;
    BOOST_TEST((outcome<Ended>(killed).cause == Cause::manager));
}

BOOST_AUTO_TEST_CASE(a_unit_that_goes_down_with_its_program_was_not_brought_down) {
    auto failed = failed_unit("exit-code", CLD_EXITED, 3);
    failed.left_active_at = failed.ended_at + 1;
    BOOST_TEST((outcome<Ended>(failed).cause == Cause::program));
    // It had ended well before somebody stopped what was left of its unit.
    auto later = ended_unit(CLD_EXITED, 0);
    later.active = "inactive";
    later.left_active_at = 30 * second;
    BOOST_TEST((outcome<Ended>(later).cause == Cause::program));
}

BOOST_AUTO_TEST_CASE(a_limit_that_passes_within_the_grace_of_a_stop_ended_nothing) {
    auto late = failed_unit("timeout", CLD_KILLED, SIGKILL);
    late.time_limit = 10 * second;
    BOOST_TEST((outcome<Ended>(late, at(15)).cause == Cause::stop));
}

BOOST_AUTO_TEST_CASE(a_calendar_that_was_set_back_hides_no_stop) {
    BOOST_TEST((outcome<Ended>(ended_unit(CLD_KILLED, SIGTERM), at(25)).cause == Cause::stop));
    // These no stop brings about.
    BOOST_TEST((outcome<Ended>(failed_unit("core-dump", CLD_DUMPED, SIGSEGV), at(25)).cause ==
                Cause::program));
    BOOST_TEST((outcome<Ended>(ended_unit(CLD_EXITED, 0), at(25)).cause == Cause::program));
}

BOOST_AUTO_TEST_CASE(a_unit_that_waits_for_its_start_is_not_over) {
    BOOST_TEST(!(UnitState{.active = "inactive", .sub = "dead"}.is_over()));
    BOOST_TEST(!(UnitState{.active = "active", .main_pid = 4, .began_at = second}.is_over()));
    BOOST_TEST((UnitState{.active = "failed"}.is_over()));
    BOOST_TEST(ended_unit(CLD_EXITED, 0).is_over());
    auto busy = failed_unit("exit-code", CLD_EXITED, 3);
    busy.active = "deactivating";
    BOOST_TEST((busy.is_over() && busy.is_changing()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
