// A real executor on a real loop, with a folder of its own: starts real jobs and waits for what
// is reported of them.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/exec/process_executor.h"
#include "daemon/loop/loop.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::exec {

class Bench {
public:
    Bench();

    ProcessExecutor& executor() { return *executor_; }
    Records records() const { return Records(folder_ / "records"); }
    std::string path(std::string_view name) const { return folder_ / name; }

    // A launch with a nonce of its own; its log is `log_of`.
    Launch launch(std::vector<std::string> argv);
    Launch shell(const std::string& script) { return launch({"/bin/sh", "-c", script}); }
    std::string log_of(const Attempt& attempt) const;

    Attempt start(Launch launch);

    // The daemon goes and another comes; what was under way in the first is dropped.
    void replace_executor();
    void adopt(std::vector<Expected> expected);

    // Turns the loop until a report of this kind has come for the attempt, and takes it.
    template <class What>
    What await(const Attempt& attempt) {
        for (;;) {
            for (auto report = reports_.begin(); report != reports_.end(); ++report) {
                if (report->attempt != attempt) continue;
                auto* what = std::get_if<What>(&report->what);
                BOOST_REQUIRE_MESSAGE(
                    what != nullptr || is_on_the_way(*report),
                    "another report came for " << attempt.nonce << ": " << report->what.index());
                if (what == nullptr) continue;
                What taken = std::move(*what);
                reports_.erase(report);
                return taken;
            }
            turn();
        }
    }

    Ended run(Launch launch) { return await<Ended>(start(std::move(launch))); }
    NotStarted refuse(Launch launch) { return await<NotStarted>(start(std::move(launch))); }

    // Turns the loop until something was reported.
    void turn();

    bool was_reported(const Attempt& attempt) const {
        return std::ranges::find(reports_, attempt, &Report::attempt) != reports_.end();
    }

    loop::Loop& loop() { return loop_; }

    // What was reported and not yet taken, in order.
    const std::vector<Report>& reports() const { return reports_; }

private:
    // Another report of the same attempt will follow.
    static bool is_on_the_way(const Report& report) {
        return std::holds_alternative<Started>(report.what) ||
               std::holds_alternative<Sweeping>(report.what);
    }

    harness::TemporaryDirectory folder_;
    loop::Loop loop_;
    loop::Timer watchdog_;
    bool is_late_ = false;
    std::vector<Report> reports_;
    std::optional<ProcessExecutor> executor_;
    job::Id last_job_ = 0;
};

// While it lives nothing can be opened. REQUIRES: what is tried then was done once before, for the
// sanitizers need descriptors to look at objects of a kind that they have not seen.
class NoDescriptors {
public:
    NoDescriptors();
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors();

private:
    rlimit before_{};
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);
std::string last_line(const std::string& text);

// A named pipe through which a job tells something.
class Channel {
public:
    explicit Channel(const std::string& path);

    const std::string& path() const { return path_; }

    // Waits until somebody writes, and returns it all.
    std::string read();

private:
    std::string path_;
};

// A process that is not ours to wait for.
class Stranger {
public:
    explicit Stranger(const std::string& pid);

    bool is_gone() const;
    void wait_until_gone() const;
    void signal(int number, std::optional<int> value = {}) const;

private:
    UniqueFd held_;
};

// What `ccd-shim` exits with when it is given the launch, whatever the executor thinks.
int run_shim(const Records& records, const Launch& launch);

}  // namespace ccd::exec
