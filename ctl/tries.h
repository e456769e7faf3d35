// When to look again for a daemon that has gone away: soon at first, for about half a minute in
// all.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "ccd/time.h"

namespace ccd::ctl {

class Tries {
public:
    // How long before the next one; none: it stays away.
    std::optional<Millis> next() {
        return used_ < delays.size() ? std::optional{delays[used_++]} : std::nullopt;
    }

private:
    static constexpr std::array delays{Millis{100},  Millis{200},   Millis{400},
                                       Millis{800},  Millis{1600},  Millis{3200},
                                       Millis{6400}, Millis{10000}, Millis{10000}};

    std::size_t used_ = 0;
};

}  // namespace ccd::ctl
