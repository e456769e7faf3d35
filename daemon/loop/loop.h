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
#include <string_view>
#include <type_traits>
#include <utility>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::loop {

// `code` is one of libuv's UV_E*.
Error error_from(int code, std::string_view what);

// A handle and what it calls. libuv frees a handle's memory only when its close callback has run,
// one loop turn after uv_close, and a callback may destroy the object that it belongs to. So the
// callbacks live as long as the handle: the deleter starts the close, and the close callback does
// the delete; ~Loop turns the loop until none is left.
template <class Handle>
struct Live {
    Handle handle{};
    std::function<void()> call;
    std::function<void()> call_writable;  // of a Poll

    uv_handle_t* base() { return reinterpret_cast<uv_handle_t*>(&handle); }

    // noexcept: an exception must not unwind through libuv's C frames.
    static void called(Handle* raw) noexcept { static_cast<Live*>(raw->data)->call(); }
};

struct CloseThenDelete {
    template <class Handle>
    void operator()(Live<Handle>* live) const noexcept {
        uv_close(live->base(),
                 [](uv_handle_t* closed) { delete static_cast<Live<Handle>*>(closed->data); });
    }
};

template <class Handle>
using OwnHandle = std::unique_ptr<Live<Handle>, CloseThenDelete>;

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
    // Both clocks, read now: only for measuring how long a turn took.
    static Now read_clocks();

    // Runs `hook` before every sleep: after the callbacks of the turn, timers included.
    void set_before_sleep(std::function<void()> hook) { before_sleep_ = std::move(hook); }

    // Runs `task` on a thread of libuv's pool, then `done` here, with what the task has returned.
    // For what may block.
    template <class Task, class Done>
    void work(Task task, Done done);
    bool is_working() const { return at_work_ > 0; }
    // Turns until every `done` has been called: while what these use is still there. False: that
    // would have taken longer.
    bool finish_work(Millis patience);

    uv_loop_t* raw() { return &loop_; }

private:
    // A task on its way through the pool; owns itself.
    struct Errand {
        virtual ~Errand() = default;
        virtual void run() = 0;
        virtual void finish() = 0;
        uv_work_t request{};
        Loop* loop = nullptr;
    };

    void queue(std::unique_ptr<Errand> errand);
    void end_turn();

    uv_loop_t loop_{};
    OwnHandle<uv_prepare_t> prepare_;
    std::function<void()> before_sleep_;
    std::optional<Now> now_;
    std::size_t at_work_ = 0;  // errands that are not finished
};

// Fires once, when it was set for.
class Timer {
public:
    Timer(Loop& loop, std::function<void()> on_fire);

    void set(Millis in);
    void cancel();
    bool is_set() const;

private:
    OwnHandle<uv_timer_t> handle_;
};

// Another thread's way to call into the loop. Several wakes may become one call.
class Async {
public:
    Async(Loop& loop, std::function<void()> on_wake);

    void wake();  // any thread

private:
    OwnHandle<uv_async_t> handle_;
};

// Watches a descriptor that it does not own, as long as it lives: readable always, writable while
// asked to. A broken or closed peer counts as both, so that the next read or write tells.
class Poll {
public:
    Poll(Loop& loop, int fd, std::function<void()> on_readable,
         std::function<void()> on_writable = {});

    enum class Watch : std::uint8_t { none, readable, writable, both };
    void watch(Watch what);

private:
    OwnHandle<uv_poll_t> handle_;
    Watch watch_ = Watch::none;
};

// Calls back for each delivery of a signal.
class Signal {
public:
    Signal(Loop& loop, int number, std::function<void()> on_signal);

private:
    OwnHandle<uv_signal_t> handle_;
};

template <class Task, class Done>
void Loop::work(Task task, Done done) {
    using Value = std::invoke_result_t<Task>;
    struct Both final : Errand {
        Both(Task a, Done b) : task(std::move(a)), done(std::move(b)) {}
        void run() override {
            if constexpr (std::is_void_v<Value>)
                task();
            else
                value.emplace(task());
        }
        void finish() override {
            if constexpr (std::is_void_v<Value>)
                done();
            else
                done(std::move(*value));
        }
        Task task;
        Done done;
        std::optional<std::conditional_t<std::is_void_v<Value>, bool, Value>> value;
    };
    queue(std::make_unique<Both>(std::move(task), std::move(done)));
}

}  // namespace ccd::loop
