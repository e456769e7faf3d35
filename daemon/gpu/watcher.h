// Asks a GpuProbe on a thread of its own, so that a driver that hangs never stops the loop.
//
// The loop asks with `request`, is woken when the look has ended, and takes the result. Requests
// made during a look are answered by one more look after it, so that an answer is never older than
// its question. Whose the processes are that a live probe has found is looked up on the same
// thread.
//
// The end of a Watcher waits `patience` for the look in progress and the end of the probe. If these
// hang, the thread is left to itself: with it stay the probe and the memory that both touch, which
// it frees if the driver ever answers. It calls nothing of the loop's any more.
//
// Owner: the daemon. Loop thread only, but for `on_wake`, which is called on the watcher's thread
// whenever a result is there; it may be called until the destructor has returned. Not being able to
// make a thread ends the process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/gpu/probe.h"

namespace ccd::gpu {

class Watcher {
public:
    using Look = Result<std::vector<Device>>;
    using OnWake = std::function<void()>;

    // `proc` is where the kernel tells of processes. REQUIRES: probe and on_wake are there.
    Watcher(std::unique_ptr<GpuProbe> probe, OnWake on_wake, Millis patience = Millis{1000},
            std::string proc = "/proc");
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher();

    // The probe's own, asked before its thread had it.
    std::string_view name() const { return name_; }
    bool is_live() const { return is_live_; }

    // Asks for a look; `now` is remembered for `asked_at`.
    void request(Time now);

    // The newest result that was not yet taken.
    std::optional<Look> take();
    // When the last question was asked that the result taken last has an answer to.
    Time answered() const { return answered_; }

    // When the look that is due or in progress was asked for; none when every request is answered.
    // One that lies far back says that the driver hangs.
    std::optional<Time> asked_at() const;

private:
    struct Desk;

    std::string name_;
    bool is_live_;
    Millis patience_;
    Time answered_{};
    std::unique_ptr<Desk> desk_;  // what both threads touch
    std::thread thread_;
};

}  // namespace ccd::gpu
