// An executor and a systemd that does what the test says, on one loop; its verbs tell a story.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/exec/systemd_executor.h"
#include "tests/daemon/exec/bench.h"
#include "tests/daemon/exec/fake_systemd.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::exec {

struct Stage {
    Stage()
        : folder(harness::TemporaryDirectory::create("/tmp", "ccd-unit").value()),
          systemd(loop, folder / "manager"),
          late(loop, [this] { is_late = true; }) {
        loop.set_before_sleep([this] {
            if (is_late || (is_done && is_done())) loop.stop();
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
            SystemdExecutor::Setup{.bus = systemd.address(),
                                   .scope = scope,
                                   .shim = "/nowhere/ccd-shim",
                                   .instance = "cafe",
                                   .boot_id = "this-boot",
                                   .patience = patience,
                                   .look_again = Millis{1},
                                   .put_off = put_off,
                                   .idle_after = idle_after},
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
        systemd.refusal = FakeSystemd::Refusal{.name = passing_error};
        start();
        until([&] { return reported<NeverBegan>(last) != nullptr; });
    }

    // Until systemd has heard something of it.
    void until_heard() {
        do until_quiet();
        while (systemd.refusal);
    }

    static constexpr const char* passing_error = "org.freedesktop.DBus.Error.LimitsExceeded";

    Attempt attempt_of(job::Id job) const { return attempt_of(job, 1); }
    Attempt attempt_of(job::Id job, std::uint32_t number) const {
        return {.job = job,
                .number = number,
                .nonce = "cafe-" + std::to_string(job) + "-" + std::to_string(number)};
    }
    std::string log_of(const Attempt& attempt) const {
        return folder / (std::to_string(attempt.job) +
                         (attempt.number > 1 ? "." + std::to_string(attempt.number) : "") + ".log");
    }
    // It is asked for, and systemd cannot execute it.
    Attempt misstarted(const Attempt& attempt, std::int32_t status) {
        start(attempt);
        until([&] { return systemd.units.contains(unit_name(attempt)); });
        systemd.fail(unit_name(attempt), status);
        return attempt;
    }

    Attempt start(const std::string& name = "true", Millis grace = Millis{10'000}) {
        return start(attempt_of(++jobs), name, grace);
    }
    Attempt start(const Attempt& attempt, const std::string& name = "true",
                  Millis grace = Millis{10'000}) {
        Launch launch;
        launch.attempt = last = attempt;
        launch.uid = uid;
        launch.argv = {name};
        launch.cwd = "/";
        launch.log_file = log_of(attempt);
        launch.stop_grace = grace;
        executor->start(std::move(launch));
        return last;
    }
    // Until its unit is there.
    Attempt started(Millis grace = Millis{10'000}) {
        auto attempt = start("true", grace);
        until([&] { return systemd.units.contains(unit_name(attempt)); });
        return attempt;
    }
    Attempt running(Millis grace = Millis{10'000}) {
        auto attempt = started(grace);
        systemd.begin(unit_name(attempt));
        until([&] { return reported<Started>(attempt) != nullptr; });
        return attempt;
    }

    // Until the executor has been told that nothing of a job is left, and has heard it.
    void await_counted() {
        systemd.after_count = [&] { is_counted = true; };
        until([&] { return is_counted; });
        until_quiet();
    }

    // As `systemctl stop` does, or the end of the machine.
    void stop_by_manager(const Attempt& attempt, std::int32_t kind = CLD_KILLED,
                         std::int32_t status = SIGTERM) {
        auto& unit = systemd.units[unit_name(attempt)];
        unit.active = "inactive";
        unit.main_pid = 0;
        unit.exit_kind = kind;
        unit.exit_status = status;
        unit.left_active_at = unit.began_at + 1;
        unit.ended_at = unit.began_at + 2;
        systemd.change(unit_name(attempt));
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
        return std::ranges::count(systemd.calls, call) > 0;
    }
    void await_call(const std::string& call) {
        until([&] { return was_called(call); });
    }

    harness::TemporaryDirectory folder;
    loop::Loop loop;
    FakeSystemd systemd;
    loop::Timer late;
    bool is_late = false;
    bool is_counted = false;
    std::function<bool()> is_done;
    std::unique_ptr<SystemdExecutor> executor;
    std::vector<Report> reports;
    std::string away;
    Scope scope = Scope::user;
    std::uint32_t uid = geteuid();
    Millis patience{5'000};
    Millis put_off{1};
    Millis idle_after{10'000};
    Attempt last;
    job::Id jobs = 0;
};

}  // namespace ccd::exec
