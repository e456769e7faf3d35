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

struct Work {
    uv_work_t request{};
    std::function<void()> task;
    std::function<void()> done;
};

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

}  // namespace

Error error_from(int code, std::string_view what) {
    return Error{.code = Errc::internal, .message = std::string{what} + ": " + uv_strerror(code)};
}

Loop::Loop() : prepare_(new uv_prepare_t) {
    must(uv_loop_init(&loop_));
    must(uv_prepare_init(&loop_, prepare_.get()));
    prepare_->data = this;
    must(uv_prepare_start(prepare_.get(), prepared));
    uv_unref(reinterpret_cast<uv_handle_t*>(prepare_.get()));
}

Loop::~Loop() {
    prepare_.reset();
    before_sleep_ = {};
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
    if (!now_)
        now_ = Now{.time = std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now()),
                   .wall = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now())};
    return *now_;
}

void Loop::prepared(uv_prepare_t* handle) noexcept {
    auto* self = static_cast<Loop*>(handle->data);
    if (self->before_sleep_) self->before_sleep_();
    self->now_.reset();
}

void Loop::work(std::function<void()> task, std::function<void()> done) {
    auto* work = new Work{.task = std::move(task), .done = std::move(done)};
    work->request.data = work;
    must(uv_queue_work(
        &loop_, &work->request,
        [](uv_work_t* request) { static_cast<Work*>(request->data)->task(); },
        [](uv_work_t* request, int) {
            std::unique_ptr<Work> finished{static_cast<Work*>(request->data)};
            finished->done();
        }));
}

Timer::Timer(Loop& loop, std::function<void()> on_fire)
    : on_fire_(std::move(on_fire)), handle_(new uv_timer_t) {
    must(uv_timer_init(loop.raw(), handle_.get()));
    handle_->data = this;
}

void Timer::set(Millis in) {
    uv_update_time(handle_->loop);
    must(uv_timer_start(handle_.get(), fired,
                        static_cast<std::uint64_t>(std::max<std::int64_t>(in.count(), 0)), 0));
}

void Timer::cancel() {
    must(uv_timer_stop(handle_.get()));
}

bool Timer::is_set() const {
    return uv_is_active(reinterpret_cast<const uv_handle_t*>(handle_.get())) != 0;
}

Async::Async(Loop& loop, std::function<void()> on_wake)
    : on_wake_(std::move(on_wake)), handle_(new uv_async_t) {
    must(uv_async_init(loop.raw(), handle_.get(), woken));
    handle_->data = this;
}

void Async::wake() {
    uv_async_send(handle_.get());
}

Poll::Poll(Loop& loop, int fd, std::function<void()> on_readable, std::function<void()> on_writable)
    : on_readable_(std::move(on_readable)),
      on_writable_(std::move(on_writable)),
      handle_(new uv_poll_t) {
    must(uv_poll_init(loop.raw(), handle_.get(), fd));
    handle_->data = this;
    watch(Watch::readable);
}

void Poll::watch(Watch what) {
    if (what == watch_) return;
    watch_ = what;
    if (what == Watch::none)
        must(uv_poll_stop(handle_.get()));
    else
        must(uv_poll_start(handle_.get(), events_of(what), ready));
}

void Poll::ready(uv_poll_t* handle, int status, int events) noexcept {
    auto* self = static_cast<Poll*>(handle->data);
    // libuv has stopped a handle whose descriptor is broken; start it anew on the next watch.
    if (status < 0) {
        self->watch_ = Watch::none;
        events = UV_READABLE;
    }
    // Either callback may destroy this object; then the handle is closing.
    if ((events & UV_WRITABLE) != 0 && self->on_writable_) self->on_writable_();
    if (uv_is_closing(reinterpret_cast<uv_handle_t*>(handle)) != 0) return;
    if ((events & UV_READABLE) != 0) self->on_readable_();
}

Signal::Signal(Loop& loop, int number, std::function<void()> on_signal)
    : on_signal_(std::move(on_signal)), handle_(new uv_signal_t) {
    must(uv_signal_init(loop.raw(), handle_.get()));
    handle_->data = this;
    must(uv_signal_start(handle_.get(), arrived, number));
}

}  // namespace ccd::loop
