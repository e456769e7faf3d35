// A process that we started and will end: a program, or a copy of ours.
//
// It dies with us: the kernel kills it when the thread that started it ends. So start a Child from
// the main thread.
//
// Owner: whoever runs it; the destructor kills and reaps.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ccd/result.h"
#include "ccd/time.h"
#include "ccd/unique_fd.h"

namespace ccd::harness {

struct Program {
    std::vector<std::string> argv;
    std::vector<std::string> environment;  // NAME=VALUE, on top of ours
    std::string output;                    // file for both its outputs; empty: nowhere
};

class Child {
public:
    static Result<Child> start(const Program& program);
    // A copy of ours, with one thread, which is to start none: what `act` returns is its exit code.
    static Result<Child> fork(const std::function<int()>& act);

    Child(Child&& other) noexcept
        : pid_(std::exchange(other.pid_, -1)),
          pidfd_(std::move(other.pidfd_)),
          status_(other.status_) {}
    Child& operator=(Child&& other) noexcept;
    ~Child() { kill(); }

    pid_t pid() const { return pid_; }
    // Readable once it has ended.
    int pidfd() const { return pidfd_.get(); }

    // Waits until it has ended: its wait status; nullopt: it goes on.
    std::optional<int> wait(Millis patience);

    // SIGTERM; SIGKILL when it has not ended in time. Its wait status.
    int stop(Millis patience);
    // SIGKILL. When it returns, none of its instructions will run any more.
    void kill();
    void send(int signal);

private:
    Child(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

    void reap();

    pid_t pid_ = -1;
    UniqueFd pidfd_;
    std::optional<int> status_;  // once reaped
};

// NAME=VALUE for exec: ours, with these over it.
std::vector<std::string> environment_with(const std::vector<std::string>& over);

// Pointers to strings, ended by NULL, as exec wants them. Lends the strings.
std::vector<char*> pointers_to(const std::vector<std::string>& strings);

// Runs a program to its end by posix_spawn, which is vfork here: its wait status.
Result<int> run(const Program& program);

// "exit code 2", "signal 9".
std::string describe_status(int status);

// The full path of a program in PATH; nullopt: there is none.
std::optional<std::string> find_in_path(const std::string& name);
// A program that was built with us: from the environment variable, else beside our own executable.
Result<std::string> find_beside_us(const std::string& name, const char* variable);

}  // namespace ccd::harness
