// Moments of the calendar as text: RFC 3339 in UTC with milliseconds, `2026-03-01T12:00:00.250Z`.
#pragma once

#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::text {

// The format knows the years 0000 to 9999; a moment before or after them is shown as the first or
// the last of them.
std::string to_string(WallTime moment);

// Takes one to three decimals of a second, or none. Refuses other time zones than Z, leap seconds,
// and days and hours that do not exist.
Result<WallTime> parse_timestamp(std::string_view text);

}  // namespace ccd::text
