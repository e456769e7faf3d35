// Watches over the job from its fork until nothing of it is alive.
//
//   launching --> running --> ending
//        '--> failed            ^      stop: SIGTERM to all of it, then the grace
//                               '----- main process ended, or the grace is over
//
// When the main process ends, what is left of the job is killed at once; while a stop is under
// way what is left has the rest of the grace. It is over when the kernel says that the shim,
// being a subreaper, has no children any more.
//
// REQUIRES: all signals are blocked; they are read from a descriptor.
#pragma once

#include <algorithm>
#include <optional>

#include "ccd/time.h"
#include "ccd/unique_fd.h"
#include "daemon/exec/shim/program.h"

namespace ccd::exec {

class Supervisor {
public:
    // SIGTERM to the shim stops the job; SIGRTMIN with a value passes that signal on to all of it.
    Supervisor(Program program, Millis stop_grace);

    // Waits until it is known whether the program was executed.
    std::optional<LaunchFailure> await_launch();

    struct MainEnd {
        int status = 0;  // as from waitpid
        WallTime at{};
        bool was_stopped = false;  // a stop came before
    };
    // Waits for the main process, and ends what it leaves behind.
    MainEnd await_end();

private:
    bool is_over() const;
    bool is_grace_over() const;
    Millis until_grace_is_over() const;
    void wait(Millis at_most);
    void read_signals();
    void reap();
    void stop();
    void kill_rest(Millis pause);

    Program program_;
    Millis stop_grace_;
    UniqueFd signals_;
    bool is_launched_ = false;
    std::optional<LaunchFailure> failure_;
    std::optional<MainEnd> main_end_;
    bool has_children_ = true;
    std::optional<Time> kill_at_;  // set when a stop was asked for
};

// How long to wait between two rounds of killing, after a pause that was in vain. A process that
// the kernel does not let go may stay for days.
constexpr Millis pause_after(Millis pause) {
    return std::min(2 * pause, Millis{1'000});
}

WallTime wall_now();

}  // namespace ccd::exec
