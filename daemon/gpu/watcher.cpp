#include "daemon/gpu/watcher.h"

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace ccd::gpu {

// Probe, on_wake and proc belong to the watcher's thread, the rest to whoever holds the mutex.
struct Watcher::Desk {
    std::unique_ptr<GpuProbe> probe;
    OnWake on_wake;
    std::string proc;

    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Time> due;      // a look is asked for
    std::optional<Time> current;  // a look is in progress
    Time last_due{};              // when that which is due was last asked for
    Time last_current{};
    std::optional<Look> result;
    Time result_answers{};
    bool is_waking = false;     // on_wake is being called
    bool is_closing = false;    // the thread is asked to end
    bool is_ended = false;      // nothing but the mutex is touched any more
    bool is_abandoned = false;  // the thread owns the desk

    // True if there is a look to make, false if it is time to end.
    bool wait_for_request() {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return is_closing || due; });
        current = std::exchange(due, std::nullopt);
        last_current = last_due;
        return !is_closing;
    }

    void hand_over(Look look) {
        {
            std::lock_guard lock{mutex};
            current.reset();
            if (is_closing) return;
            result = std::move(look);
            result_answers = last_current;
            is_waking = true;
        }
        on_wake();
        std::lock_guard lock{mutex};
        is_waking = false;
        changed.notify_all();
    }

    Look look_closely() const {
        auto look = probe->look();
        if (!look || !probe->is_live()) return look;
        for (auto& device : *look)
            for (auto& process : device.processes) process.owner = find_owner(process.pid, proc);
        return look;
    }

    // The thread. Whoever sees the end first leaves the desk to the other.
    static void serve(Desk* desk) {
        while (desk->wait_for_request()) desk->hand_over(desk->look_closely());
        desk->probe.reset();
        std::unique_lock lock{desk->mutex};
        desk->is_ended = true;
        desk->changed.notify_all();
        std::unique_ptr<Desk> left_to_us{desk->is_abandoned ? desk : nullptr};
        lock.unlock();
    }
};

Watcher::Watcher(std::unique_ptr<GpuProbe> probe, OnWake on_wake, Millis patience, std::string proc)
    : name_(probe->name()),
      is_live_(probe->is_live()),
      patience_(patience),
      desk_(std::make_unique<Desk>()) {
    assert(on_wake);
    desk_->probe = std::move(probe);
    desk_->on_wake = std::move(on_wake);
    desk_->proc = std::move(proc);
    thread_ = std::thread{&Desk::serve, desk_.get()};
}

Watcher::~Watcher() {
    std::unique_lock lock{desk_->mutex};
    desk_->is_closing = true;
    desk_->changed.notify_all();
    desk_->changed.wait_for(lock, patience_, [&] { return desk_->is_ended; });
    desk_->changed.wait(lock, [&] { return !desk_->is_waking; });
    if (desk_->is_ended) {
        lock.unlock();
        thread_.join();
        return;
    }
    desk_->is_abandoned = true;
    thread_.detach();
    // After the unlock the thread may free the desk at any moment.
    [[maybe_unused]] auto* left_to_the_thread = desk_.release();
}

void Watcher::request(Time now) {
    std::lock_guard lock{desk_->mutex};
    if (!desk_->due) desk_->due = now;
    desk_->last_due = now;
    desk_->changed.notify_all();
}

std::optional<Watcher::Look> Watcher::take() {
    std::lock_guard lock{desk_->mutex};
    if (desk_->result) answered_ = desk_->result_answers;
    return std::exchange(desk_->result, std::nullopt);
}

std::optional<Time> Watcher::asked_at() const {
    std::lock_guard lock{desk_->mutex};
    return desk_->current ? desk_->current : desk_->due;
}

}  // namespace ccd::gpu
