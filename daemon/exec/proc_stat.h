// What /proc tells about processes: who there is, and who a process is, told apart from later
// ones with its number.
//
// Used by the executor and by the shim: no exceptions, and no allocation but readdir's own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/exec/own_folder.h"

namespace ccd::exec {

struct ProcStat {
    pid_t parent = 0;
    std::uint64_t start_ticks = 0;  // since boot; field 22
};

// Nothing, unless it is the text of a /proc/<pid>/stat.
std::optional<ProcStat> parse_stat(std::string_view text);

// Nothing where the process is gone. Of a zombie it is still told.
std::optional<ProcStat> read_stat(pid_t pid);

// The processes there are, in ascending order. One that begins or ends meanwhile may be missed.
class ProcessList {
public:
    ProcessList() : folder_(opendir("/proc")) {}

    bool is_open() const { return folder_ != nullptr; }

    // Nothing after the last one.
    std::optional<pid_t> next();

private:
    OwnFolder folder_;
};

}  // namespace ccd::exec
