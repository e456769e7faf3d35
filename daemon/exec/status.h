// What the shim tells the executor that started it, through a pipe on descriptor 3.
#pragma once

#include <cstdint>

namespace ccd::exec {

inline constexpr int status_fd = 3;

// The program was executed. Written at most once, whole.
struct StartedMessage {
    std::int64_t main_pid = 0;
    std::int64_t at = 0;  // ms of the calendar
};

}  // namespace ccd::exec
