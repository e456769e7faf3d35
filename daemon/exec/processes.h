// Processes of jobs as the executor sees them: held by a pidfd, so that a number given to
// somebody else is never mistaken for them, and found by the nonce in their environment.
//
// Any thread. What reads /proc blocks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::exec {

// A pidfd of the process that began at `start_ticks` with this number; none where it is gone. An
// error where that cannot be found out now, for want of descriptors or memory.
Result<UniqueFd> hold_process(pid_t pid, std::uint64_t start_ticks);

void send_signal(const UniqueFd& process, int signal);

// Asks a shim to send the signal to all that descends from it.
void queue_signal(const UniqueFd& shim, int signal);

// Takes the process off the kernel's list of the dead, if it is a child of ours.
void reap(const UniqueFd& process);

// Kills every process with one of the nonces in its environment. Returns the nonces of which
// processes were found, alive or not yet gone: repeat until none is. An error where not all
// processes could be looked at.
Result<std::set<std::string>> kill_processes(const std::vector<std::string>& nonces);

}  // namespace ccd::exec
