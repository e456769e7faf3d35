// ccctl, but for main: from the words of the command line to the exit code.
#pragma once

#include "ctl/arguments.h"

namespace ccd::ctl {

int run(Words words);

}  // namespace ccd::ctl
