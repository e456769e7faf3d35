// What holds for a database that nobody writes to, found out by reading all of it.
//
// Any thread; blocks for long where there is much.
#pragma once

#include <string>

#include "ccd/result.h"
#include "daemon/store/batch.h"

namespace ccd::store {

// Looks at the copy of the database at `path` (see copy.h), and removes it.
Result<Inspection> inspect_copy(const std::string& path);

}  // namespace ccd::store
