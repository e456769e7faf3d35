// What the service manager is told; without one, nothing happens.
#pragma once

#include <optional>
#include <string>

#include "ccd/time.h"

namespace ccd::sys {

// Each is one datagram that nobody waits for.
void notify_ready(const std::string& status);
void notify_reloading(Time now);
void notify_stopping();
void notify_status(const std::string& status);
void notify_alive();
// The start goes on, and may take this much longer.
void notify_starting(Millis longer, const std::string& status);

// How often, at least, the manager wants to hear that we are alive; nothing if it does not.
std::optional<Millis> watchdog_interval();

}  // namespace ccd::sys
