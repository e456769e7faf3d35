// What the folder of records and /proc tell about one attempt.
//
// Any thread; its calls block.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ccd/unique_fd.h"
#include "daemon/exec/executor.h"
#include "daemon/exec/records.h"

namespace ccd::exec {

// Its shim lives, and is held.
struct Alive {
    UniqueFd shim;  // pidfd
    Started started;
    pid_t shim_pid = 0;
};
// No shim watches over it, and none ever will: what is alive of it must be found and ended.
struct Leftover {
    std::string reason;
};
// It cannot be found out now, for want of descriptors or memory: ask again.
struct Unknown {};

using Finding = std::variant<NeverBegan, NotStarted, Ended, Alive, Leftover, Unknown>;

// Looks for an attempt that was begun by an earlier executor, and makes sure that it does not
// begin after it was not found.
Finding find_attempt(const Records& records, std::string_view boot_id, const Expected& expected);

// Looks for the end of an attempt whose shim, started by this executor or found alive, is gone.
// Never Alive. NeverBegan says why.
Finding find_end(const Records& records, const Attempt& attempt);

}  // namespace ccd::exec
