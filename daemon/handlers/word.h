// Words for people and tables: short, and of one line.
#pragma once

#include <cstddef>
#include <string_view>

#include "ccd/result.h"

namespace ccd::handlers {

inline constexpr std::size_t word_limit = 128;  // bytes

// `bad-request` where it is empty or has a control character, `over-limit` where it is longer.
Result<void> check_word(std::string_view what, std::string_view word,
                        std::size_t limit = word_limit);

// The refusal of what is larger than is allowed.
Result<void> over_limit(std::string_view what, std::size_t is, std::size_t limit);

}  // namespace ccd::handlers
