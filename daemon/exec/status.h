// What the shim tells those who started it: the executor, through a pipe on descriptor 3, or the
// service manager, through its notification socket.
#pragma once

#include <cstdint>
#include <string_view>

namespace ccd::exec {

// Where the service manager is who listens, it is told why a program was not executed, in a
// sentence that begins like this.
inline constexpr std::string_view refusal_beginning = "cannot run ";

inline constexpr int status_fd = 3;

// The program was executed. Written at most once, whole.
struct StartedMessage {
    std::int64_t main_pid = 0;
    std::int64_t at = 0;  // ms of the calendar
};

}  // namespace ccd::exec
