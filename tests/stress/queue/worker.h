// A process of its own that does what we tell it: a copy of ours.
//
// It begins with one thread, whatever we have, and is to start none. It dies with the thread that
// started it: so start it from the main thread.
//
// Owner: whoever started it; the destructor kills and reaps.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <utility>

#include "ccd/result.h"
#include "ccd/time.h"
#include "ccd/unique_fd.h"

namespace ccd::stress {

class Worker {
public:
    // What `act` returns is its exit code.
    static Result<Worker> start(const std::function<int()>& act);

    Worker(Worker&& other) noexcept
        : pid_(std::exchange(other.pid_, -1)),
          pidfd_(std::move(other.pidfd_)),
          status_(other.status_) {}
    Worker& operator=(Worker&& other) noexcept;
    ~Worker() { kill(); }

    pid_t pid() const { return pid_; }

    void stop();
    void resume();
    // SIGKILL. When it returns, none of its instructions will run any more.
    void kill();
    // Waits until it has ended: its wait status; none: it goes on.
    std::optional<int> wait(Millis patience);

private:
    Worker(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

    void send(int signal);
    void reap();

    pid_t pid_ = -1;
    UniqueFd pidfd_;
    std::optional<int> status_;  // once reaped
};

}  // namespace ccd::stress
