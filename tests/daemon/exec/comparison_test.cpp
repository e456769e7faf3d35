// What is held against the list of all units: after a break of the bus, and at the start.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/daemon/exec/stage.h"

namespace ccd::exec {
namespace {

BOOST_FIXTURE_TEST_SUITE(comparison, Stage)

BOOST_AUTO_TEST_CASE(a_unit_that_was_not_let_go_is_let_go_again) {
    for (int status : {0, 1}) {
        auto job = running();
        systemd.end(unit_name(job), CLD_EXITED, status);
        await<Ended>(job);
        systemd.refused_call = status == 0 ? "StopUnit" : "ResetFailedUnit";
        executor->release(job);
        until([&] { return !systemd.units.contains(unit_name(job)); });
        BOOST_TEST(systemd.refused_call.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_unit_is_let_go_even_if_its_log_was_being_told_while_the_store_came_back) {
    auto job = started();
    // Whoever opens its log waits until we do.
    auto log = folder / "1.log";
    BOOST_TEST_REQUIRE((unlink(log.c_str()) == 0 && mkfifo(log.c_str(), 0600) == 0));
    systemd.fail(unit_name(job), 217);
    await_counted();
    BOOST_TEST_REQUIRE(executor->adopt(std::vector<Expected>{{.attempt = job}}).has_value());
    UniqueFd reader{::open(log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    BOOST_TEST(await<NotStarted>(job).exit_code == 125);
    executor->release(job);
    await_call("ResetFailedUnit " + unit_name(job));
}

BOOST_AUTO_TEST_CASE(a_start_whose_answer_was_lost_is_looked_for_and_found) {
    systemd.refusal = FakeSystemd::Refusal{.is_carried_out = true, .is_hang_up = true};
    auto job = start();
    until([&] { return systemd.units.contains(unit_name(job)); });
    systemd.end(unit_name(job), CLD_EXITED, 5);
    BOOST_TEST((await<Ended>(job).exit_code == 5));
}

BOOST_AUTO_TEST_CASE(a_start_that_was_not_heard_never_began) {
    systemd.refusal = FakeSystemd::Refusal{.is_hang_up = true};
    BOOST_TEST(await<NeverBegan>(start()).reason == "the service manager did not hear of it");
}

BOOST_AUTO_TEST_CASE(a_bus_that_breaks_is_told_and_loses_nothing) {
    auto job = running();
    until([&] { return away.empty(); });
    systemd.set_deaf(true);
    systemd.hang_up();
    until([&] { return !away.empty(); });
    BOOST_TEST(away.starts_with("the service manager cannot be reached: "));
    BOOST_TEST(!await<NeverBegan>(start()).reason.empty());
    auto& unit = systemd.units[unit_name(job)];
    unit.active = unit.sub = "failed";
    unit.exit_kind = CLD_KILLED;
    unit.exit_status = SIGSEGV;
    unit.main_pid = 0;
    unit.ended_at = unit.began_at + 1;
    systemd.set_deaf(false);
    BOOST_TEST((await<Ended>(job).signal == SIGSEGV));
    BOOST_TEST(away.empty());
}

BOOST_AUTO_TEST_CASE(an_end_that_is_not_committed_outlives_a_break_of_the_bus) {
    auto job = running();
    systemd.end(unit_name(job), CLD_EXITED, 3);
    await<Ended>(job);
    systemd.hang_up();
    until([&] { return !away.empty(); });
    until([&] { return away.empty(); });
    until_quiet();
    BOOST_TEST(systemd.units.contains(unit_name(job)));
    executor->release(job);
    await_call("ResetFailedUnit " + unit_name(job));
}

BOOST_AUTO_TEST_CASE(a_unit_that_goes_while_it_is_looked_at_takes_nothing_that_was_known_along) {
    auto job = running();
    systemd.end(unit_name(job), CLD_EXITED, 6);
    // It is listed once more, and gone when it is looked at.
    systemd.remove(unit_name(job));
    systemd.after_list = [&] { systemd.units.erase(unit_name(job)); };
    systemd.units[unit_name(job)].processes = 1;
    BOOST_TEST((await<Ended>(job).exit_code == 6));
}

BOOST_AUTO_TEST_CASE(a_unit_that_is_gone_is_not_taken_for_one_that_has_not_begun) {
    auto job = started();
    systemd.after_list = [&] { systemd.units.erase(unit_name(job)); };
    open({{.attempt = job, .was_running = true}});
    BOOST_TEST(await<Lost>(job).reason == "its unit was removed");
    BOOST_TEST(reported<Started>(job) == nullptr);
}

BOOST_AUTO_TEST_CASE(units_that_are_loaded_anew_are_not_lost) {
    auto job = running();
    systemd.remove(unit_name(job));
    until_quiet();
    systemd.end(unit_name(job), CLD_EXITED, 4);
    BOOST_TEST((await<Ended>(job).exit_code == 4));
    BOOST_TEST(reported<Lost>(job) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_unit_that_somebody_removed_is_lost) {
    auto job = running();
    systemd.units.erase(unit_name(job));
    systemd.remove(unit_name(job));
    BOOST_TEST(await<Lost>(job).reason == "its unit was removed");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_comes_later_finds_what_runs_and_what_has_ended) {
    auto runs = running();
    auto ended = running();
    systemd.end(unit_name(ended), CLD_EXITED, 9);
    open({{.attempt = runs, .was_running = true}, {.attempt = ended, .was_running = true}});
    await<Started>(runs);
    BOOST_TEST((await<Ended>(ended).exit_code == 9));
    systemd.end(unit_name(runs), CLD_EXITED, 0);
    BOOST_TEST((await<Ended>(runs).exit_code == 0));
}

BOOST_AUTO_TEST_CASE(what_has_no_unit_is_told_as_well_as_it_can_be) {
    auto promised = attempt_of(7);
    auto was_running = attempt_of(8);
    auto of_another_boot = attempt_of(9);
    open({{.attempt = promised},
          {.attempt = was_running, .was_running = true},
          {.attempt = of_another_boot, .is_same_boot = false, .was_running = true}});
    BOOST_TEST(await<NeverBegan>(promised).reason.empty());
    BOOST_TEST(await<Lost>(was_running).reason ==
               "the service manager knows nothing of it any more");
    BOOST_TEST(await<Lost>(of_another_boot).reason == "the machine was started anew meanwhile");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_started_while_nobody_looked_stands_in_its_log) {
    auto job = started();
    unlink((folder / "1.log").c_str());
    executor.reset();
    systemd.fail(unit_name(job), 217);
    open({{.attempt = job, .log_file = folder / "1.log"}});
    BOOST_TEST(await<NotStarted>(job).exit_code == 125);
    BOOST_TEST(last_line(read_file(folder / "1.log")) ==
               "ccd: systemd could not start it: its user is not known");
}

BOOST_AUTO_TEST_CASE(what_the_shim_could_not_execute_is_told_with_its_names) {
    auto job = started();
    systemd.units[unit_name(job)].status = "cannot run: step 4, error 2";
    systemd.fail(unit_name(job), 127);
    BOOST_TEST(await<NotStarted>(job).reason == "cannot run 'true': not found");
    open({{.attempt = job, .program = "of-before"}});
    BOOST_TEST(await<NotStarted>(job).reason == "cannot run 'of-before': not found");
}

BOOST_AUTO_TEST_CASE(a_unit_whose_start_waits_is_not_waited_for_and_has_not_begun) {
    auto job = started();
    // Its shim is there, and waits for a pipe.
    systemd.units[unit_name(job)].active = "activating";
    systemd.units[unit_name(job)].main_pid = 77;
    systemd.units[unit_name(job)].began_at = 10'000'000;
    open({{.attempt = job}});
    await<Beginning>(job);
    until_quiet();
    BOOST_TEST(reported<Started>(job) == nullptr);
    systemd.begin(unit_name(job));
    await<Started>(job);
}

BOOST_AUTO_TEST_CASE(what_was_on_its_way_when_we_came_and_cannot_begin_never_did) {
    auto job = started();
    open({{.attempt = job}});
    await<Beginning>(job);
    systemd.fail(unit_name(job), 219);
    await<NeverBegan>(job);
    BOOST_TEST(reported<Started>(job) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_runs_when_the_store_comes_back_is_told_to_have_begun_once_more) {
    auto job = running();
    reports.clear();
    BOOST_TEST_REQUIRE(
        executor->adopt(std::vector<Expected>{{.attempt = job, .was_running = true}}).has_value());
    await<Started>(job);
    BOOST_TEST(reported<Beginning>(job) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_unit_that_nobody_expects_is_ended_and_let_go) {
    auto job = running();
    open();
    await_call("KillUnit " + unit_name(job) + " 15");
    systemd.end(unit_name(job), CLD_KILLED, SIGTERM);
    await_call("ResetFailedUnit " + unit_name(job));
    BOOST_TEST(reports.empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_for_a_stray_before_it_is_known_what_is_expected) {
    auto job = running();
    systemd.calls.clear();
    come();
    // What it says is heard in order, so in this time a stray is listed, looked at and signalled.
    until_heard();
    for (int calls = 0; calls < 3; ++calls) until_quiet();
    BOOST_TEST_REQUIRE(
        executor->adopt(std::vector<Expected>{{.attempt = job, .was_running = true}}).has_value());
    await<Started>(job);
    for (const auto& call : systemd.calls) BOOST_TEST(call.find(unit_name(job)) == call.npos, call);
}

BOOST_AUTO_TEST_CASE(a_stray_that_is_expected_after_all_is_let_live) {
    auto job = running();
    systemd.units[unit_name(job)].stop_grace = 50'000;
    open();
    await_call("KillUnit " + unit_name(job) + " 15");
    systemd.calls.clear();
    BOOST_TEST_REQUIRE(
        executor->adopt(std::vector<Expected>{{.attempt = job, .was_running = true}}).has_value());
    await<Started>(job);
    systemd.hang_up();
    until([&] { return !away.empty(); });
    until([&] { return away.empty(); });
    // A stop of another, with the same grace, has come to its end.
    auto other = running(Millis{50});
    executor->stop(other);
    await_call("KillUnit " + unit_name(other) + " 9");
    for (int signal : {9, 15})
        BOOST_TEST(!was_called("KillUnit " + unit_name(job) + " " + std::to_string(signal)));
    BOOST_TEST(systemd.units[unit_name(job)].description.find("being ended") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(units_of_other_daemons_are_left_alone) {
    systemd.units["ccd-job-beef-1-1.service"].active = "active";
    systemd.units["ssh.service"].active = "active";
    open();
    until_quiet();
    for (const auto& call : systemd.calls)
        BOOST_TEST((call.find("beef") == call.npos && call.find("ssh") == call.npos), call);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
