#include "daemon/watchdog.h"

#include <utility>

namespace ccd::daemon {

Watchdog::Watchdog(loop::Loop& loop, Millis interval, Parts parts)
    : parts_(std::move(parts)), pause_(interval / 3), next_(loop, [this] { beat(); }) {
    beat();
}

void Watchdog::beat() {
    next_.set(pause_);
    if (parts_.is_store_out()) parts_.feed();
    if (std::exchange(is_asked_, true)) return;
    parts_.ask_store([this] {
        is_asked_ = false;
        parts_.feed();
    });
}

}  // namespace ccd::daemon
