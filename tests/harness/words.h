// The words of a command line, taken one by one.
#pragma once

#include <span>
#include <string_view>

#include "ccd/result.h"

namespace ccd::harness {

// The word behind an option, which stands first and is left. Refuses with `bad_request` where
// there is none. REQUIRES: `words` is not empty.
Result<std::string_view> take_value(std::span<const char* const>& words);

}  // namespace ccd::harness
