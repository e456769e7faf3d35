#include "daemon/sys/notify.h"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdint>

namespace ccd::sys {

void notify_ready(const std::string& status) {
    sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

// The manager counts from here: READY that was said before is of no account.
void notify_reloading(Time now) {
    auto since_boot = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count())).c_str());
}

void notify_stopping() {
    sd_notify(0, "STOPPING=1");
}

void notify_status(const std::string& status) {
    sd_notify(0, ("STATUS=" + status).c_str());
}

void notify_alive() {
    sd_notify(0, "WATCHDOG=1");
}

void notify_starting(Millis longer, const std::string& status) {
    sd_notify(
        0, ("EXTEND_TIMEOUT_USEC=" + std::to_string(longer.count() * 1'000) + "\nSTATUS=" + status)
               .c_str());
}

std::optional<Millis> watchdog_interval() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
    return Millis{static_cast<std::int64_t>(microseconds / 1'000)};
}

}  // namespace ccd::sys
