// What the kernel tells of a process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::harness {

// VmRSS.
Result<Bytes> resident_memory(pid_t pid);
// Of all its threads, wanted or not, since they began.
Result<std::uint64_t> context_switches(pid_t pid);
// Of files, sockets and all else.
Result<std::size_t> open_descriptors(pid_t pid);

// The number behind `key` in the text of a /proc/PID/status; 0: there is none.
std::uint64_t number_in(std::string_view status, std::string_view key);

}  // namespace ccd::harness
