// Directories of the daemon's own, and whom they are open to.
//
// Any thread; the calls block. Errors are `internal`.
#pragma once

#include <string>

#include "ccd/result.h"

namespace ccd::sys {

// Makes a directory, and those above it, where they are missing: with this mode, whatever the
// umask. What is there is left as it is.
Result<void> make_directory(const std::string& path, unsigned mode);

// Whether nobody but its owner can enter a directory. Refuses one of another user than ours or
// root, who could put anything in its place.
Result<bool> is_private(const std::string& path);

// Shuts everybody but its owner out of a directory. Refuses as is_private.
Result<void> make_private(const std::string& path);

}  // namespace ccd::sys
