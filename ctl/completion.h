// bash's completion for ccctl: commands, their options, and the values of closed lists.
#pragma once

#include <string>

namespace ccd::ctl {

std::string completion();

}  // namespace ccd::ctl
