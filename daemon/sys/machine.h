// Facts about this machine and this process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::sys {

// A new name at every start of the machine, or of the container: the kernel's for its own start,
// and when the first process began. In a container the kernel's is often that of the host. At most
// 43 characters.
Result<std::string> boot_id();
// Of the text of /proc/1/stat, when it began; empty where that is not told.
std::string start_of_first_process(std::string_view stat);

// Cores that this process may use, and all memory.
std::uint32_t core_count();
Bytes total_memory();
// What could be had now without anybody else losing his, in this machine and in the control groups
// that this process is in; none: that cannot be seen.
std::optional<Bytes> available_memory();

// What this process holds in memory now.
Bytes resident_memory();

// Allows this process as many descriptors as it may have at all.
void raise_descriptor_limit();

// The name of this instance: random, made with the state directory, kept in a file of its own.
Result<std::string> instance_name(const std::string& state_dir);

}  // namespace ccd::sys
