// A word to the service manager that started this process, as sd_notify(3) sends it.
//
// Owner: the shim's main. No allocation.
#pragma once

#include <string_view>

namespace ccd::exec {

// Sends both as one. 0, or an errno: ENOTCONN where nobody listens.
int notify(std::string_view word, std::string_view text);

}  // namespace ccd::exec
