// Where a ccd lives: the one of the machine, or one of a user.
//
// The machine's reads /etc/ccd and has the defaults of Config. A user's follows the XDG base
// directories and lets nobody else in.
#pragma once

#include <filesystem>
#include <functional>

#include "ccd/result.h"
#include "daemon/config.h"

namespace ccd::daemon {

struct Instance {
    Config defaults;
    std::filesystem::path config_dir = "/etc/ccd";
};

// As getenv: null where the variable is not set.
using Environment = std::function<const char*(const char* name)>;

// Refuses where neither a variable nor $HOME says where a directory is. As XDG has it, variables
// that hold no absolute path count as not set.
Result<Instance> user_instance(const Environment& environment);

}  // namespace ccd::daemon
