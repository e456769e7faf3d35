// Bytes to a descriptor, all of them.
#pragma once

#include <string_view>

#include "ccd/result.h"

namespace ccd::ctl {

Result<void> write_all(int descriptor, std::string_view bytes);

}  // namespace ccd::ctl
