// Text of others, made fit for a sentence of ours.
//
// An error message ends up in a terminal and in the journal, so what a user typed may not move the
// cursor, begin a new line or fill the screen.
#pragma once

#include <string>
#include <string_view>

namespace ccd::text {

// More bytes than these are cut off, and "..." says so.
inline constexpr std::size_t quote_limit = 80;

// In single quotes; control characters, the backslash and bytes above 126 that are not UTF-8 text
// appear as \xNN.
std::string quote(std::string_view text);

}  // namespace ccd::text
