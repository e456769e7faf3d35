// An open folder that closes itself.
#pragma once

#include <dirent.h>

#include <memory>

namespace ccd::exec {

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using OwnFolder = std::unique_ptr<DIR, CloseFolder>;

}  // namespace ccd::exec
