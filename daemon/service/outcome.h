// How an attempt ended, as its executor saw it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ccd/time.h"

namespace ccd::service {

struct Outcome {
    enum class Kind : std::uint8_t { ended, not_started, never_began, lost } kind = Kind::ended;
    // What brought the end about: the program or somebody outside, we ourselves, the time limit
    // while we were away, the memory limit, or the service manager on somebody else's word.
    enum class Cause : std::uint8_t { program, stop, time_limit, memory, manager };
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> signal;
    Cause cause = Cause::program;
    std::string reason;
    WallTime at{};                  // when it ended
    std::optional<WallTime> began;  // when its program was executed, where that is known
};

}  // namespace ccd::service
