// An array of jobs, as a submit spells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ccd/result.h"

namespace ccd::handlers {

struct Array {
    std::uint32_t first = 0;
    std::uint32_t size = 0;   // 0: it is none
    std::uint32_t limit = 0;  // at once; 0: all
};

// "1-9", "1-9%3". Nothing is no array.
Result<Array> read_array(const std::optional<std::string>& text);

}  // namespace ccd::handlers
