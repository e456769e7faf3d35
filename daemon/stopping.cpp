// The end: what was taken is answered, what was asked to begin has begun, and nothing that is stuck
// holds it up for long.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "daemon/daemon.h"
#include "daemon/sys/log.h"
#include "daemon/sys/notify.h"

namespace ccd::daemon {
namespace {

// For what is under way.
constexpr Millis stop_patience{5'000};
// For jobs that are being begun, and clients that read their replies: those that are well need far
// less.
constexpr Millis short_patience{300};

}  // namespace

void Daemon::stop() {
    if (is_stopping_) return;
    is_stopping_ = true;
    show_pause();
    sys::notify_stopping();
    listener_.reset();
    descriptor_store_->leave();
    clients_->stop_reading();
    if (inspection_stop_) inspection_stop_->request();
    stop_timer_.set(short_patience);
}

void Daemon::wait_no_longer() {
    if (is_stop_urgent_) return loop_.stop();
    is_stop_urgent_ = true;
    stop_timer_.set(stop_patience - short_patience);
}

// Every reply to what was taken is sent first, and what was asked to begin is known to have begun.
void Daemon::stop_if_done() {
    if (!is_stopping_) return;
    auto is_waited_for = !is_stop_urgent_ && (clients_->has_unsent() || is_beginning_jobs());
    auto is_busy = !turn_->is_idle() || loop_.is_working() || is_waited_for;
    if (!is_busy) loop_.stop();
}

// Else a job that has begun could stand on record as one that may not have; and would be begun once
// more, if it were not there any more when the next daemon looks for it.
bool Daemon::is_beginning_jobs() const {
    if (!is_ready_ || !service_.is_store_up() || !executor_away_.empty()) return false;
    return std::ranges::any_of(service_.jobs.alive(), [this](const auto& alive) {
        const auto* job = service_.jobs.find(alive.first);
        return job != nullptr && job->state() == job::State::starting &&
               !over_while_stopping_.contains(alive.first);
    });
}

void Daemon::fail(int exit_code, const std::string& why) {
    sys::log(sys::Priority::error, why);
    exit_code_ = exit_code;
    is_stopping_ = true;
    // Who connects is to be told at once that nobody is here.
    std::error_code ignored;
    if (!is_ready_ && is_own_socket_) std::filesystem::remove(config_.socket, ignored);
    loop_.stop();
}

}  // namespace ccd::daemon
