// Sizes as people write them: `64KiB`, `512MiB`, `24GiB`, or a plain number of bytes.
//
// Units are powers of 1024 and say so: KiB, MiB, GiB, TiB. `KB`, `MB` and `GB` are refused with the
// way out, because half of their readers take them for 1000 and half for 1024.
#pragma once

#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::text {

// Refuses other text, fractions, negative values, and what does not fit 64 bits.
Result<Bytes> parse_size(std::string_view text);

// Exact, in the largest unit that divides it, and read back by parse_size: `24GiB`, `1000`.
std::string to_string(Bytes size);

// For people, one decimal, rounded down: `23.5 GiB`, `512 B`.
std::string format_size(Bytes size);

}  // namespace ccd::text
