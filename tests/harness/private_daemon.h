// A ccd of our own, in a directory of its own that goes away with it.
//
// It has the process executor, unless a value says otherwise, and the cards it is given, and speaks
// on a Unix socket in its directory. What a reboot would end is in memory, as it is in /run. When
// it ends without being told to, or does not become ready, its log is in the error.
//
// Owner: whoever measures or tests; main thread (see Child).
#pragma once

#include <string>
#include <vector>

#include "tests/harness/child.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::harness {

struct DaemonSetup {
    std::string parent;               // directory that its own is made in
    std::size_t cards = 0;            // of 24 GiB each
    std::vector<std::string> values;  // KEY=VALUE, as for --set
};

class PrivateDaemon {
public:
    // Starts the ccd beside our executable, or $CCD_BIN, and waits until it answers.
    static Result<PrivateDaemon> start(const DaemonSetup& setup);

    PrivateDaemon(PrivateDaemon&&) = default;
    PrivateDaemon& operator=(PrivateDaemon&&) = default;
    ~PrivateDaemon();

    std::string socket() const { return directory_ / "ccd.sock"; }
    const std::string& directory() const { return directory_.path(); }
    std::string runtime_directory() const { return runtime_ / "run"; }
    pid_t pid() const { return child_.pid(); }

    // SIGTERM, and again from the state that is there.
    Result<void> restart();
    // SIGKILL. `restart` brings it back.
    void kill() { child_.kill(); }
    // Only `count` cards are there from when it has read its configuration again: at SIGHUP, which
    // is sent, or at the next start. REQUIRES: neither `count` is 0, nor was it at the start.
    Result<void> set_cards(std::size_t count);
    // Whether it has ended by itself within so long.
    bool has_ended(Millis patience) { return child_.wait(patience).has_value(); }
    // NAME=VALUE on top of ours; counts from the next start on.
    void set_environment(std::vector<std::string> environment) {
        program_.environment = std::move(environment);
    }
    // SIGTERM. Refuses when it did not exit with 0.
    Result<void> stop();

    // The end of what it has logged.
    std::string log() const;

private:
    PrivateDaemon(TemporaryDirectory directory, TemporaryDirectory runtime, Program program,
                  Child child);

    Result<void> wait_until_ready();

    TemporaryDirectory directory_;
    TemporaryDirectory runtime_;
    Program program_;
    Child child_;
};

}  // namespace ccd::harness
