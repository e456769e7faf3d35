// Durations as people write them: `250ms`, `2s`, `10m`, `24h`, `7d`, and sums such as `1h30m`.
//
// Units: ms, s, m, h, d; each at most once, from large to small, each with a whole number. A number
// without a unit is refused (its unit would be a guess), but for 0.
#pragma once

#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::text {

// Refuses other text, negative values, and what does not fit Millis.
Result<Millis> parse_duration(std::string_view text);

// Exact, and read back by parse_duration: `1h30m`, `250ms`, `0s`. Negative ones begin with '-' and
// are not read back.
std::string to_string(Millis duration);

// For people, the two largest units that say something: `2m 5s`, `3d 4h`, `1.5s`, `40ms`.
std::string format_duration(Millis duration);

}  // namespace ccd::text
