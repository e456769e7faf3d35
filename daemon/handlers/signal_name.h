// Signals by name.
#pragma once

#include <string_view>

#include "ccd/result.h"

namespace ccd::handlers {

// The number of "USR1", "SIGUSR1" or "10".
Result<int> parse_signal(std::string_view text);

}  // namespace ccd::handlers
