// Folders of the executor, made as needed and for its own user only.
#pragma once

#include <string>

#include "ccd/result.h"

namespace ccd::exec {

// Makes the folder and those above it, mode 0700, where they are missing.
Result<void> create_folder(const std::string& path);

}  // namespace ccd::exec
