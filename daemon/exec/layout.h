// What is laid out for an attempt before the manager is asked for its unit.
//
// Any thread; lay_out blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "daemon/exec/devices.h"
#include "daemon/exec/executor.h"

namespace ccd::exec {

// Whose service manager runs it: the machine's, for all users, or one user's own.
enum class Scope : std::uint8_t { machine, user };

struct Layout {
    std::optional<std::uint32_t> user;   // as whom it runs; nothing: as the manager's own
    std::vector<AllowedDevice> devices;  // empty: all
    UniqueFd spec;
    UniqueFd log;
};

// `internal`: it cannot be done for now, and no log is left. Any other code: this launch never can
// be; where the log could be opened, the sentence is its last line.
Result<Layout> lay_out(const Launch& launch, const std::string& boot_id, Scope scope);

}  // namespace ccd::exec
