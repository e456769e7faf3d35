// Starts the shim of one attempt: opens the log, seals the spec, issues the ticket, spawns.
//
// A value without state of its own, so any thread may use a copy of it. Its calls block.
#pragma once

#include <sys/types.h>

#include <string>

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "daemon/exec/executor.h"
#include "daemon/exec/records.h"

namespace ccd::exec {

// A shim that has been spawned. Whether it begins the job is told by `status` and by the record.
struct Launched {
    UniqueFd shim;    // pidfd; none where it cannot be held for now: it is found by its record
    UniqueFd status;  // yields a StartedMessage, or its end; never blocks
    pid_t shim_pid = 0;
};

class Launcher {
public:
    Launcher(Records records, std::string shim, std::string boot_id)
        : records_(std::move(records)), shim_(std::move(shim)), boot_id_(std::move(boot_id)) {}

    const Records& records() const { return records_; }
    const std::string& boot_id() const { return boot_id_; }

    // After an error the attempt never begins. `internal`: nothing can be begun for now, for want
    // of room, memory, descriptors or a ccd-shim; no log is left. Any other code: this launch never
    // can be; where the log could be opened, the sentence is its last line.
    // REQUIRES: the descriptors 0, 1 and 2 of this process are in use.
    Result<Launched> launch(const Launch& launch) const;

private:
    Result<Launched> launch_into(const UniqueFd& log, const Launch& launch) const;
    Result<Launched> spawn(const UniqueFd& log, const UniqueFd& spec, const Attempt& attempt) const;

    Records records_;
    std::string shim_;
    std::string boot_id_;
};

}  // namespace ccd::exec
