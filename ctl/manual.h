// The command part of the man page ccctl(1), in scdoc's language.
#pragma once

#include <string>

namespace ccd::ctl {

std::string manual();

}  // namespace ccd::ctl
