// The event loop: libuv's handles as objects that own themselves.
//
// A turn is everything the loop does between two sleeps. What the callbacks of a turn have decided
// is acted on once, by the hook that runs before the loop sleeps again.
//
// Owner: daemon.cpp (or a test) holds the one Loop; handles must be destroyed before it. Thread:
// all of it belongs to the thread that runs the loop, except Async::wake.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <optional>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::loop {

// `code` is one of libuv's UV_E*.
Error error_from(int code, std::string_view what);

// libuv frees a handle's memory only when its close callback has run, one loop turn after
// uv_close. So the deleter starts the close and the callback does the delete; ~Loop turns the
// loop until none is left.
struct CloseThenDelete {
    template <class Handle>
    void operator()(Handle* handle) const noexcept {
        uv_close(reinterpret_cast<uv_handle_t*>(handle),
                 [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
    }
};

template <class Handle>
using OwnHandle = std::unique_ptr<Handle, CloseThenDelete>;

class Loop {
public:
    Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    // Runs until `stop`.
    void run();
    void stop();

    // Both clocks, read once in a turn.
    Now now();

    // Runs `hook` before every sleep: after the callbacks of the turn, timers included.
    void set_before_sleep(std::function<void()> hook) { before_sleep_ = std::move(hook); }

    // Runs `task` on a thread of libuv's pool, then `done` here. For what may block.
    void work(std::function<void()> task, std::function<void()> done);

    uv_loop_t* raw() { return &loop_; }

private:
    static void prepared(uv_prepare_t* handle) noexcept;

    uv_loop_t loop_{};
    OwnHandle<uv_prepare_t> prepare_;
    std::function<void()> before_sleep_;
    std::optional<Now> now_;
};

// Fires once, when it was set for.
class Timer {
public:
    Timer(Loop& loop, std::function<void()> on_fire);

    void set(Millis in);
    void cancel();
    bool is_set() const;

private:
    // noexcept: an exception must not unwind through libuv's C frames.
    static void fired(uv_timer_t* handle) noexcept {
        static_cast<Timer*>(handle->data)->on_fire_();
    }

    std::function<void()> on_fire_;
    OwnHandle<uv_timer_t> handle_;
};

// Another thread's way to call into the loop. Several wakes may become one call.
class Async {
public:
    Async(Loop& loop, std::function<void()> on_wake);

    void wake();  // any thread

private:
    static void woken(uv_async_t* handle) noexcept {
        static_cast<Async*>(handle->data)->on_wake_();
    }

    std::function<void()> on_wake_;
    OwnHandle<uv_async_t> handle_;
};

// Watches a descriptor that it does not own, as long as it lives: readable always, writable while
// asked to. A broken or closed peer counts as both, so that the next read or write tells.
//
// A callback may destroy its own Poll.
class Poll {
public:
    Poll(Loop& loop, int fd, std::function<void()> on_readable,
         std::function<void()> on_writable = {});

    enum class Watch : std::uint8_t { none, readable, writable, both };
    void watch(Watch what);

private:
    static void ready(uv_poll_t* handle, int status, int events) noexcept;

    std::function<void()> on_readable_;
    std::function<void()> on_writable_;
    OwnHandle<uv_poll_t> handle_;
    Watch watch_ = Watch::none;
};

// Calls back for each delivery of a signal.
class Signal {
public:
    Signal(Loop& loop, int number, std::function<void()> on_signal);

private:
    static void arrived(uv_signal_t* handle, int) noexcept {
        static_cast<Signal*>(handle->data)->on_signal_();
    }

    std::function<void()> on_signal_;
    OwnHandle<uv_signal_t> handle_;
};

}  // namespace ccd::loop
