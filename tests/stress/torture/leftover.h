// Processes that a private daemon has begun, as /proc shows them.
//
// Any thread; blocks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ccd/job.h"
#include "ccd/unique_fd.h"

namespace ccd::stress {

// A ccd-shim with records in a folder; held, so that nobody else is mistaken for it.
struct Shim {
    job::Id job = 0;
    std::uint32_t attempt = 0;
    UniqueFd process;
};
std::vector<Shim> find_shims(const std::string& records);

// Returns when it is gone, or nobody reaps it.
void slay(const Shim& shim);

// Numbers of the processes that live and have the word in their environment or command line.
std::vector<pid_t> find_processes(const std::string& word);

}  // namespace ccd::stress
