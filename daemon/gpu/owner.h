// Whose a process is, as /proc tells.
//
// A driver names the processes on its cards by number only. What is found here lets the daemon say
// which job a process belongs to, or which user, if it is none of ours.
//
// A number that stands for nobody here is no error: the process has ended since, or the driver
// counts in another namespace than ours, as it does from within a container.
//
// Any thread; its calls block, briefly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ccd::gpu {

struct Owner {
    std::uint32_t uid = 0;  // with whose rights it runs
    // The services and scopes that its cgroup lies in, the outermost first: what a job puts below
    // its own unit is still the job's.
    std::vector<std::string> units;
    std::vector<std::int64_t> ancestors;  // its parent first; ends where one is gone
    bool operator==(const Owner&) const = default;
};

// Nothing where there is no such process. `proc` is where the kernel tells of processes.
std::optional<Owner> find_owner(std::int64_t pid, const std::string& proc = "/proc");

}  // namespace ccd::gpu
