// Numbers from text, for code that must not allocate.
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace ccd::exec {

// False unless the whole text is a number that fits.
template <class Number>
bool parse_number(std::string_view text, Number& number) {
    const char* end = text.data() + text.size();
    auto parsed = std::from_chars(text.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace ccd::exec
