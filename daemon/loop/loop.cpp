#include "daemon/loop/loop.h"

#include <algorithm>
#include <cassert>
#include <string>

namespace ccd::loop {
namespace {

// libuv's calls here fail only when it is used wrongly, or without memory or descriptors at the
// start; neither can be survived.
void must(int code) {
    if (code == 0) return;
    std::fprintf(stderr, "ccd: libuv: %s\n", uv_strerror(code));
    std::abort();
}

int events_of(Poll::Watch watch) {
    switch (watch) {
        case Poll::Watch::none:
            return 0;
        case Poll::Watch::readable:
            return UV_READABLE;
        case Poll::Watch::writable:
            return UV_WRITABLE;
        case Poll::Watch::both:
            return UV_READABLE | UV_WRITABLE;
    }
    return 0;
}

// A handle on the heap that calls `call`; `init` makes it one of the loop's.
template <class Handle, class Init>
OwnHandle<Handle> make(std::function<void()> call, Init init) {
    auto live = std::make_unique<Live<Handle>>();
    live->call = std::move(call);
    must(init(&live->handle));
    live->handle.data = live.get();
    return OwnHandle<Handle>{live.release()};
}

void ready(uv_poll_t* raw, int status, int events) noexcept {
    auto* live = static_cast<Live<uv_poll_t>*>(raw->data);
    // A broken descriptor: libuv has stopped watching it, and reading it tells why.
    if (status < 0) events = UV_READABLE;
    if ((events & UV_WRITABLE) != 0 && live->call_writable) live->call_writable();
    if ((events & UV_READABLE) != 0 && uv_is_closing(live->base()) == 0) live->call();
}

}  // namespace

Error error_from(int code, std::string_view what) {
    return Error{.code = Errc::internal, .message = std::string{what} + ": " + uv_strerror(code)};
}

Loop::Loop() {
    must(uv_loop_init(&loop_));
    prepare_ = make<uv_prepare_t>([this] { end_turn(); },
                                  [&](auto* raw) { return uv_prepare_init(&loop_, raw); });
    must(uv_prepare_start(&prepare_->handle, Live<uv_prepare_t>::called));
    uv_unref(prepare_->base());
}

Loop::~Loop() {
    prepare_.reset();
    while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
    }
    must(uv_loop_close(&loop_));
}

void Loop::run() {
    uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::stop() {
    uv_stop(&loop_);
}

Now Loop::now() {
    if (!now_) now_ = read_clocks();
    return *now_;
}

Now Loop::read_clocks() {
    return {.time = std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now()),
            .wall = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now())};
}

void Loop::end_turn() {
    if (before_sleep_) before_sleep_();
    now_.reset();
}

void Loop::queue(std::unique_ptr<Errand> errand) {
    auto* owned = errand.release();
    owned->request.data = owned;
    owned->loop = this;
    ++at_work_;
    must(uv_queue_work(
        &loop_, &owned->request,
        [](uv_work_t* request) { static_cast<Errand*>(request->data)->run(); },
        [](uv_work_t* request, int) {
            std::unique_ptr<Errand> finished{static_cast<Errand*>(request->data)};
            --finished->loop->at_work_;
            finished->finish();
        }));
}

bool Loop::finish_work(Millis patience) {
    bool is_over = false;
    Timer end{*this, [&is_over] { is_over = true; }};
    end.set(patience);
    while (at_work_ > 0 && !is_over) uv_run(&loop_, UV_RUN_ONCE);
    return at_work_ == 0;
}

Timer::Timer(Loop& loop, std::function<void()> on_fire)
    : handle_(make<uv_timer_t>(std::move(on_fire),
                               [&](auto* raw) { return uv_timer_init(loop.raw(), raw); })) {}

void Timer::set(Millis in) {
    uv_update_time(handle_->handle.loop);
    must(uv_timer_start(&handle_->handle, Live<uv_timer_t>::called,
                        static_cast<std::uint64_t>(std::max<std::int64_t>(in.count(), 0)), 0));
}

void Timer::cancel() {
    must(uv_timer_stop(&handle_->handle));
}

bool Timer::is_set() const {
    return uv_is_active(handle_->base()) != 0;
}

Async::Async(Loop& loop, std::function<void()> on_wake)
    : handle_(make<uv_async_t>(std::move(on_wake), [&](auto* raw) {
          return uv_async_init(loop.raw(), raw, Live<uv_async_t>::called);
      })) {}

void Async::wake() {
    uv_async_send(&handle_->handle);
}

Poll::Poll(Loop& loop, int fd, std::function<void()> on_readable, std::function<void()> on_writable)
    : handle_(make<uv_poll_t>(std::move(on_readable),
                              [&](auto* raw) { return uv_poll_init(loop.raw(), raw, fd); })) {
    handle_->call_writable = std::move(on_writable);
    watch(Watch::readable);
}

void Poll::watch(Watch what) {
    if (what == watch_) return;
    watch_ = what;
    if (what == Watch::none)
        must(uv_poll_stop(&handle_->handle));
    else
        must(uv_poll_start(&handle_->handle, events_of(what), ready));
}

Signal::Signal(Loop& loop, int number, std::function<void()> on_signal)
    : handle_(make<uv_signal_t>(std::move(on_signal),
                                [&](auto* raw) { return uv_signal_init(loop.raw(), raw); })) {
    must(uv_signal_start(
        &handle_->handle, [](uv_signal_t* raw, int) noexcept { Live<uv_signal_t>::called(raw); },
        number));
}

}  // namespace ccd::loop
