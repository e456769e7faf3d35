// Rules of what a request may say, shared by the commands that take jobs and those that change
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"
#include "daemon/store/batch.h"

namespace ccd::handlers {

// Strings for the kernel: no NUL inside, and together not too long.
Result<void> check_strings(std::string_view what, const std::vector<std::string>& strings);

// Absolute, and no longer than a path may be.
Result<void> check_path(std::string_view what, std::string_view path);

// Each is NAME=VALUE.
Result<void> check_environment(const std::vector<std::string>& environment);

// What a job asks for must make sense together.
Result<void> check_row(const store::JobRow& row);

}  // namespace ccd::handlers
