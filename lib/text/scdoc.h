// Text in a man page that scdoc(1) makes.
#pragma once

#include <string>
#include <string_view>

namespace ccd::text {

// As it stands: nothing in it begins a format.
std::string escaped(std::string_view text);

}  // namespace ccd::text
