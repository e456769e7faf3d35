// Whole numbers from text: the whole text, base ten, no blanks, no '+'.
#pragma once

#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "ccd/result.h"
#include "lib/text/quote.h"

namespace ccd::text {

// Refuses what is no number and what is outside `least` to `most`, naming both.
template <std::integral T>
Result<T> parse_integer(std::string_view text, T least = std::numeric_limits<T>::min(),
                        T most = std::numeric_limits<T>::max()) {
    T value{};
    const char* end = text.data() + text.size();
    auto [stopped, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc{} || stopped != end || value < least || value > most)
        return failure(Errc::bad_request, quote(text) + " is not a whole number from " +
                                              std::to_string(least) + " to " +
                                              std::to_string(most));
    return value;
}

}  // namespace ccd::text
