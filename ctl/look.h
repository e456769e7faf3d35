// How output for people should look, and whose eyes it is for.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "ccd/time.h"

namespace ccd::ctl {

enum class Colour : std::uint8_t { none, red, green, yellow, blue, grey, bold };

struct Look {
    // Columns of the terminal; output into a file or a pipe has no end of the line.
    std::size_t width = std::numeric_limits<std::size_t>::max();
    bool has_colour = false;
    WallTime now{};
    std::uint32_t uid = 0;

    // In the colour, if there are colours.
    std::string painted(std::string_view text, Colour colour) const;
};

// That of standard output: $NO_COLOR and $TERM count, $COLUMNS where it is no terminal.
Look look_of_output();

}  // namespace ccd::ctl
