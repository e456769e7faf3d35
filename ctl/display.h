// Text on a terminal: how wide it is, how it is cut, and what must not reach it.
//
// Text is UTF-8, whatever the locale: reading one costs more than the rest of ccctl. Wide (East
// Asian, emoji) characters take two columns, combining ones none.
#pragma once

#include <string>
#include <string_view>

namespace ccd::ctl {

std::size_t display_width(std::string_view text);

// At most `width` columns; what was cut ends in an ellipsis.
std::string clipped(std::string_view text, std::size_t width);

// Others' text may hold what moves the cursor or lies about the line: control characters and
// broken UTF-8 become '?'.
std::string printable(std::string_view text);

}  // namespace ccd::ctl
