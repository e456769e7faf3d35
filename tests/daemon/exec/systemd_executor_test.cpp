// The executor against a manager that does what the test says. Against the real one it is tried in
// tests/package.
#include "daemon/exec/systemd_executor.h"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "tests/daemon/exec/bench.h"
#include "tests/daemon/exec/fake_manager.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::exec {
namespace {

struct Stage {
    Stage()
        : folder(harness::TemporaryDirectory::create("/tmp", "ccd-unit").value()),
          manager(loop, folder / "manager"),
          late(loop, [this] { is_late = true; }) {
        loop.set_before_sleep([this] {
            if (is_done && is_done()) loop.stop();
        });
        open();
        until([&] { return away.empty(); });
    }

    ~Stage() { executor.reset(); }

    // A daemon comes, and finds what it expects.
    void open(std::vector<Expected> expected = {}) {
        come();
        BOOST_TEST_REQUIRE(executor->adopt(expected).has_value());
    }
    // It does not know yet what it expects.
    void come() {
        executor.reset();
        reports.clear();
        executor = std::make_unique<SystemdExecutor>(
            loop,
            SystemdExecutor::Setup{.bus = manager.address(),
                                   .is_of_system = false,
                                   .shim = "/nowhere/ccd-shim",
                                   .instance = "cafe",
                                   .boot_id = "this-boot"},
            [this](Report report) { reports.push_back(std::move(report)); },
            [this](const std::string& why) { away = why; });
        away = "not told";
    }

    void until(std::function<bool()> condition) {
        is_done = std::move(condition);
        late.set(Millis{60'000});
        while (!is_done() && !is_late) loop.run();
        late.cancel();
        is_done = {};
        BOOST_TEST_REQUIRE(!is_late, "it never came to that");
    }
    // Until all that was said is answered: the executor says one thing more, and hears of it.
    void until_quiet() {
        manager.refusal = FakeManager::Refusal{.name = passing_error};
        start();
        until([&] { return reported<NeverBegan>(last) != nullptr; });
    }

    static constexpr const char* passing_error = "org.freedesktop.DBus.Error.LimitsExceeded";

    Attempt attempt_of(job::Id job) const {
        return {.job = job, .number = 1, .nonce = "cafe-" + std::to_string(job) + "-1"};
    }
    std::string unit(job::Id job) const { return unit_name(attempt_of(job)); }

    Attempt start(const std::string& name = "true", Millis grace = Millis{10'000}) {
        Launch launch;
        launch.attempt = last = attempt_of(++jobs);
        launch.uid = geteuid();
        launch.argv = {name};
        launch.cwd = "/";
        launch.log_file = folder / (std::to_string(jobs) + ".log");
        launch.stop_grace = grace;
        executor->start(std::move(launch));
        return last;
    }
    // Until its unit is there.
    Attempt started(Millis grace = Millis{10'000}) {
        auto attempt = start("true", grace);
        until([&] { return manager.units.contains(unit_name(attempt)); });
        return attempt;
    }
    Attempt running(Millis grace = Millis{10'000}) {
        auto attempt = started(grace);
        manager.begin(unit_name(attempt));
        until([&] { return reported<Started>(attempt) != nullptr; });
        return attempt;
    }

    // As `systemctl stop` does, or the end of the machine.
    void stop_by_manager(const Attempt& attempt) {
        auto& unit = manager.units[unit_name(attempt)];
        unit.active = "inactive";
        unit.main_pid = 0;
        unit.exit_kind = CLD_KILLED;
        unit.exit_status = SIGTERM;
        unit.ended_at = unit.began_at + 1;
        manager.change(unit_name(attempt));
    }

    template <class What>
    const What* reported(const Attempt& attempt) const {
        for (const auto& report : reports)
            if (report.attempt == attempt)
                if (const auto* what = std::get_if<What>(&report.what)) return what;
        return nullptr;
    }
    template <class What>
    const What& await(const Attempt& attempt) {
        until([&] { return reported<What>(attempt) != nullptr; });
        return *reported<What>(attempt);
    }
    bool was_called(const std::string& call) const {
        return std::ranges::count(manager.calls, call) > 0;
    }
    void await_call(const std::string& call) {
        until([&] { return was_called(call); });
    }

    harness::TemporaryDirectory folder;
    loop::Loop loop;
    FakeManager manager;
    loop::Timer late;
    bool is_late = false;
    std::function<bool()> is_done;
    std::unique_ptr<SystemdExecutor> executor;
    std::vector<Report> reports;
    std::string away;
    Attempt last;
    job::Id jobs = 0;
};

BOOST_FIXTURE_TEST_SUITE(systemd_executor, Stage)

BOOST_AUTO_TEST_CASE(a_process_is_known_by_the_unit_it_lies_in_however_deep) {
    std::vector<std::string> units{"user@1000.service", unit(7), "inner.scope"};
    BOOST_TEST((executor->owner_of(units, {}) == attempt_of(7)));
    units = {"ccd-job-beef-7-1.service", "other.service"};
    BOOST_TEST(!executor->owner_of(units, {}).has_value());
    BOOST_TEST(!executor->owner_of({}, {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_unit_that_a_user_has_named_so_is_no_job_of_the_machines) {
    SystemdExecutor of_system{
        loop,
        {.bus = manager.address(), .is_of_system = true, .shim = "", .instance = "cafe"},
        [](const Report&) {},
        [](const std::string&) {}};
    BOOST_TEST((of_system.owner_of(std::vector{unit(7)}, {}) == attempt_of(7)));
    std::vector<std::string> units{"user@1000.service", unit(7)};
    BOOST_TEST(!of_system.owner_of(units, {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_is_reported_started_and_ended_as_its_unit_is) {
    auto job = running();
    BOOST_TEST(reported<Started>(job)->main_pid == 77);
    manager.end(unit_name(job), CLD_EXITED, 3);
    BOOST_TEST((await<Ended>(job).exit_code == 3));
}

BOOST_AUTO_TEST_CASE(a_job_that_ends_at_once_is_missed_by_nobody) {
    auto job = started();
    manager.end(unit_name(job), CLD_EXITED, 0);
    BOOST_TEST((await<Ended>(job).exit_code == 0));
}

BOOST_AUTO_TEST_CASE(the_unit_is_kept_until_its_end_is_committed) {
    auto good = running();
    manager.end(unit_name(good), CLD_EXITED, 0);
    auto bad = running();
    manager.end(unit_name(bad), CLD_EXITED, 1);
    await<Ended>(good);
    await<Ended>(bad);
    until_quiet();
    BOOST_TEST((manager.units.contains(unit_name(good)) && manager.units.contains(unit_name(bad))));
    executor->release(good);
    executor->release(bad);
    await_call("StopUnit " + unit_name(good));
    await_call("ResetFailedUnit " + unit_name(bad));
}

BOOST_AUTO_TEST_CASE(what_the_program_leaves_behind_is_killed_before_it_counts_as_ended) {
    auto job = running();
    manager.units[unit_name(job)].processes = 2;
    manager.end(unit_name(job), CLD_EXITED, 0);
    await<Ended>(job);
    BOOST_TEST(was_called("KillUnit " + unit_name(job) + " 9"));
}

BOOST_AUTO_TEST_CASE(a_stop_is_a_signal_then_a_grace_then_a_kill) {
    auto job = running(Millis{20});
    executor->stop(job);
    await_call("KillUnit " + unit_name(job) + " 9");
    BOOST_TEST(was_called("KillUnit " + unit_name(job) + " 15"));
    BOOST_TEST(manager.units[unit_name(job)].description.find(", being ended since ") !=
               std::string::npos);
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
    manager.remove_job(unit_name(job), "canceled");
    BOOST_TEST(await<NeverBegan>(job).reason.empty());
}

BOOST_AUTO_TEST_CASE(a_start_that_somebody_calls_off_says_so) {
    auto job = started();
    manager.remove_job(unit_name(job), "canceled");
    BOOST_TEST(await<NeverBegan>(job).reason == "its start was called off: canceled");
}

BOOST_AUTO_TEST_CASE(an_error_that_may_pass_is_the_executors) {
    manager.refusal = FakeManager::Refusal{.name = passing_error};
    BOOST_TEST(await<NeverBegan>(start()).reason ==
               "the service manager cannot start it: as the test wants");
}

BOOST_AUTO_TEST_CASE(an_error_that_cannot_pass_is_the_jobs_and_stands_in_its_log) {
    manager.refusal = FakeManager::Refusal{.name = "org.freedesktop.systemd1.BadUnitSetting"};
    auto job = start();
    BOOST_TEST(await<NotStarted>(job).exit_code == 125);
    BOOST_TEST(last_line(read_file(folder / "1.log")) ==
               "ccd: the service manager refuses it: as the test wants");
}

BOOST_AUTO_TEST_CASE(a_start_whose_answer_was_lost_is_looked_for_and_found) {
    manager.refusal = FakeManager::Refusal{.is_carried_out = true, .is_hang_up = true};
    auto job = start();
    until([&] { return manager.units.contains(unit_name(job)); });
    manager.end(unit_name(job), CLD_EXITED, 5);
    BOOST_TEST((await<Ended>(job).exit_code == 5));
}

BOOST_AUTO_TEST_CASE(a_start_that_was_not_heard_never_began) {
    manager.refusal = FakeManager::Refusal{.is_hang_up = true};
    BOOST_TEST(await<NeverBegan>(start()).reason == "the service manager did not hear of it");
}

BOOST_AUTO_TEST_CASE(a_unit_that_is_there_already_is_the_attempt) {
    manager.refusal =
        FakeManager::Refusal{.name = "org.freedesktop.systemd1.UnitExists", .is_carried_out = true};
    auto job = started();
    manager.begin(unit_name(job));
    await<Started>(job);
}

BOOST_AUTO_TEST_CASE(nothing_is_begun_before_the_manager_is_reached) {
    open();
    until([&] { return away != "not told"; });
    BOOST_TEST(away == "the service manager has not been reached yet");
    until([&] { return away.empty(); });
}

BOOST_AUTO_TEST_CASE(a_bus_that_breaks_is_told_and_loses_nothing) {
    auto job = running();
    until([&] { return away.empty(); });
    manager.set_deaf(true);
    manager.hang_up();
    until([&] { return !away.empty(); });
    BOOST_TEST(away.starts_with("the service manager cannot be reached: "));
    BOOST_TEST(!await<NeverBegan>(start()).reason.empty());
    auto& unit = manager.units[unit_name(job)];
    unit.active = unit.sub = "failed";
    unit.exit_kind = CLD_KILLED;
    unit.exit_status = SIGSEGV;
    unit.main_pid = 0;
    unit.ended_at = unit.began_at + 1;
    manager.set_deaf(false);
    BOOST_TEST((await<Ended>(job).signal == SIGSEGV));
    BOOST_TEST(away.empty());
}

BOOST_AUTO_TEST_CASE(an_end_that_is_not_committed_outlives_a_break_of_the_bus) {
    auto job = running();
    manager.end(unit_name(job), CLD_EXITED, 3);
    await<Ended>(job);
    manager.hang_up();
    until([&] { return !away.empty(); });
    until([&] { return away.empty(); });
    until_quiet();
    BOOST_TEST(manager.units.contains(unit_name(job)));
    executor->release(job);
    await_call("ResetFailedUnit " + unit_name(job));
}

BOOST_AUTO_TEST_CASE(units_that_are_loaded_anew_are_not_lost) {
    auto job = running();
    manager.remove(unit_name(job));
    until_quiet();
    manager.end(unit_name(job), CLD_EXITED, 4);
    BOOST_TEST((await<Ended>(job).exit_code == 4));
    BOOST_TEST(reported<Lost>(job) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_unit_that_somebody_removed_is_lost) {
    auto job = running();
    manager.units.erase(unit_name(job));
    manager.remove(unit_name(job));
    BOOST_TEST(await<Lost>(job).reason == "its unit was removed");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_comes_later_finds_what_runs_and_what_has_ended) {
    auto runs = running();
    auto ended = running();
    manager.end(unit_name(ended), CLD_EXITED, 9);
    open({{.attempt = runs, .was_running = true}, {.attempt = ended, .was_running = true}});
    await<Started>(runs);
    BOOST_TEST((await<Ended>(ended).exit_code == 9));
    manager.end(unit_name(runs), CLD_EXITED, 0);
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

BOOST_AUTO_TEST_CASE(a_unit_whose_start_waits_for_us_does_not_make_us_wait_for_it) {
    auto job = started();
    open({{.attempt = job}});
    await<Started>(job);
}

BOOST_AUTO_TEST_CASE(a_stop_that_an_earlier_daemon_began_is_known) {
    auto job = running();
    executor->stop(job);
    await_call("KillUnit " + unit_name(job) + " 15");
    manager.end(unit_name(job), CLD_KILLED, SIGTERM);
    auto& unit = manager.units[unit_name(job)];
    unit.ended_at = 4'000'000'000'000'000;  // after all that was ever begun
    open({{.attempt = job, .was_running = true}});
    BOOST_TEST((await<Ended>(job).cause == Cause::stop));
}

BOOST_AUTO_TEST_CASE(a_unit_that_nobody_expects_is_ended_and_let_go) {
    auto job = running();
    open();
    await_call("KillUnit " + unit_name(job) + " 15");
    manager.end(unit_name(job), CLD_KILLED, SIGTERM);
    await_call("ResetFailedUnit " + unit_name(job));
    BOOST_TEST(reports.empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_for_a_stray_before_it_is_known_what_is_expected) {
    auto job = running();
    manager.calls.clear();
    auto greeted = manager.greeted;
    come();
    until([&] { return manager.greeted > greeted; });
    // Whatever it would do now, it does in the turns that these take.
    for (int turns = 0; turns < 3; ++turns) {
        bool has_turned = false;
        loop::Timer turn(loop, [&] { has_turned = true; });
        turn.set(Millis{1});
        until([&] { return has_turned; });
    }
    BOOST_TEST_REQUIRE(
        executor->adopt(std::vector<Expected>{{.attempt = job, .was_running = true}}).has_value());
    await<Started>(job);
    BOOST_TEST(manager.calls.empty());
}

BOOST_AUTO_TEST_CASE(a_stray_that_is_expected_after_all_is_let_live) {
    auto job = running();
    open();
    await_call("KillUnit " + unit_name(job) + " 15");
    manager.calls.clear();
    BOOST_TEST_REQUIRE(
        executor->adopt(std::vector<Expected>{{.attempt = job, .was_running = true}}).has_value());
    await<Started>(job);
    manager.hang_up();
    until([&] { return !away.empty(); });
    until([&] { return away.empty(); });
    until_quiet();
    BOOST_TEST(!was_called("KillUnit " + unit_name(job) + " 15"));
}

BOOST_AUTO_TEST_CASE(while_the_machine_goes_down_no_job_is_begun_in_the_place_of_another) {
    auto job = running();
    manager.state = "stopping";
    stop_by_manager(job);
    BOOST_TEST((await<Ended>(job).cause == Cause::manager));
    BOOST_TEST(away == "the service manager is shutting down");
}

BOOST_AUTO_TEST_CASE(a_job_whose_unit_somebody_stopped_makes_room_for_the_next) {
    auto job = running();
    stop_by_manager(job);
    BOOST_TEST((await<Ended>(job).cause == Cause::manager));
    BOOST_TEST(away.empty());
}

BOOST_AUTO_TEST_CASE(units_of_other_daemons_are_left_alone) {
    manager.units["ccd-job-beef-1-1.service"].active = "active";
    manager.units["ssh.service"].active = "active";
    open();
    until_quiet();
    for (const auto& call : manager.calls)
        BOOST_TEST((call.find("beef") == call.npos && call.find("ssh") == call.npos), call);
}

BOOST_AUTO_TEST_CASE(two_hundred_jobs_at_once_each_keep_their_own_end) {
    std::vector<Attempt> all;
    for (int i = 0; i < 200; ++i) all.push_back(start());
    until([&] { return manager.units.size() == all.size(); });
    for (std::size_t i = 0; i < all.size(); ++i)
        manager.end(unit_name(all[i]), CLD_EXITED, static_cast<std::int32_t>(i));
    for (std::size_t i = 0; i < all.size(); ++i)
        BOOST_TEST((await<Ended>(all[i]).exit_code == static_cast<std::int32_t>(i)));
}

BOOST_AUTO_TEST_CASE(an_executor_may_go_with_all_its_calls_under_way) {
    for (int i = 0; i < 100; ++i) start();
    executor.reset();
    open();
    until([&] { return away.empty(); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
