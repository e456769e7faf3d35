// How attempts end, and what brings the end about.
#include <signal.h>

#include "tests/daemon/exec/stage.h"

namespace ccd::exec {
namespace {

BOOST_FIXTURE_TEST_SUITE(ending, Stage)

BOOST_AUTO_TEST_CASE(the_unit_is_kept_until_its_end_is_committed) {
    auto good = running();
    systemd.end(unit_name(good), CLD_EXITED, 0);
    auto bad = running();
    systemd.end(unit_name(bad), CLD_EXITED, 1);
    await<Ended>(good);
    await<Ended>(bad);
    until_quiet();
    BOOST_TEST((systemd.units.contains(unit_name(good)) && systemd.units.contains(unit_name(bad))));
    executor->release(good);
    executor->release(bad);
    await_call("StopUnit " + unit_name(good));
    await_call("ResetFailedUnit " + unit_name(bad));
}

BOOST_AUTO_TEST_CASE(what_the_program_leaves_behind_is_killed_before_it_counts_as_ended) {
    auto job = running();
    systemd.units[unit_name(job)].processes = 2;
    systemd.end(unit_name(job), CLD_EXITED, 0);
    await<Ended>(job);
    BOOST_TEST(was_called("KillUnit " + unit_name(job) + " 9"));
}

BOOST_AUTO_TEST_CASE(a_stop_is_a_signal_then_a_grace_then_a_kill) {
    auto job = running(Millis{20});
    executor->stop(job);
    await_call("KillUnit " + unit_name(job) + " 9");
    BOOST_TEST(was_called("KillUnit " + unit_name(job) + " 15"));
    // One that is suspended hears of it.
    BOOST_TEST(was_called("KillUnit " + unit_name(job) + " 18"));
    BOOST_TEST(systemd.units[unit_name(job)].description.find(", being ended since ") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_signal_reaches_all_of_a_job_that_runs_and_ends_nothing) {
    auto job = running();
    executor->signal(job, SIGUSR1);
    await_call("KillUnit " + unit_name(job) + " 10");
    BOOST_TEST(reported<Ended>(job) == nullptr);
    // What is not there is left alone.
    executor->signal(attempt_of(99), SIGUSR1);
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_unit_is_there_reaches_it_when_it_is) {
    auto job = start();
    executor->stop(job);
    await<NeverBegan>(job);
    BOOST_TEST(reported<NeverBegan>(job)->reason.empty());
}

BOOST_AUTO_TEST_CASE(a_stop_calls_off_a_start_that_waits) {
    auto job = started();
    executor->stop(job);
    await_call("StopUnit " + unit_name(job));
    systemd.remove_job(unit_name(job), "canceled");
    BOOST_TEST(await<NeverBegan>(job).reason.empty());
}

BOOST_AUTO_TEST_CASE(a_start_that_somebody_calls_off_says_so) {
    auto job = started();
    systemd.remove_job(unit_name(job), "canceled");
    BOOST_TEST(await<NeverBegan>(job).reason == "its start was called off: canceled");
}

BOOST_AUTO_TEST_CASE(a_stop_that_an_earlier_daemon_began_is_known) {
    auto job = running();
    executor->stop(job);
    await_call("KillUnit " + unit_name(job) + " 15");
    systemd.end(unit_name(job), CLD_KILLED, SIGTERM);
    auto& unit = systemd.units[unit_name(job)];
    unit.ended_at = 4'000'000'000'000'000;  // after all that was ever begun
    open({{.attempt = job, .was_running = true}});
    BOOST_TEST((await<Ended>(job).cause == Cause::stop));
}

BOOST_AUTO_TEST_CASE(while_the_machine_goes_down_no_job_is_begun_in_the_place_of_another) {
    auto job = running();
    systemd.state = "stopping";
    stop_by_manager(job);
    BOOST_TEST((await<Ended>(job).cause == Cause::manager));
    BOOST_TEST(away == "the service manager is shutting down");
}

BOOST_AUTO_TEST_CASE(once_a_shutdown_is_called_off_jobs_are_begun_again) {
    auto job = running();
    systemd.state = "stopping";
    stop_by_manager(job);
    await<Ended>(job);
    BOOST_TEST(away == "the service manager is shutting down");
    systemd.state = "running";
    until([&] { return away.empty(); });
}

BOOST_AUTO_TEST_CASE(a_job_that_ends_well_because_the_machine_goes_down_has_not_succeeded) {
    auto job = running();
    systemd.state = "stopping";
    stop_by_manager(job, CLD_EXITED, 0);
    BOOST_TEST((await<Ended>(job).cause == Cause::manager));
    BOOST_TEST(away == "the service manager is shutting down");
}

BOOST_AUTO_TEST_CASE(a_job_whose_unit_somebody_stopped_makes_room_for_the_next) {
    auto job = running();
    stop_by_manager(job);
    BOOST_TEST((await<Ended>(job).cause == Cause::manager));
    BOOST_TEST(away.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
