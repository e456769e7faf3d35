// What the service manager is told; without one, nothing happens.
#pragma once

#include <string>

namespace ccd::sys {

// Each is one datagram that nobody waits for.
void notify_ready(const std::string& status);
void notify_stopping();

}  // namespace ccd::sys
