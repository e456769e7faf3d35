// A job's spec on its way to the shim: in memory that has no name, and that nobody can change.
#pragma once

#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "daemon/exec/executor.h"

namespace ccd::exec {

// The bytes that parse_spec reads. Refuses what it would not read.
Result<std::string> encode_spec(const Launch& launch, std::string_view boot_id);

Result<UniqueFd> seal_spec(const Launch& launch, std::string_view boot_id);

}  // namespace ccd::exec
