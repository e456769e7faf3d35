// Where durable things are measured: never on tmpfs, where a sync costs nothing.
#pragma once

#include <cstdint>
#include <string>

#include "ccd/result.h"

namespace ccd::harness {

enum class Medium : std::uint8_t { disk, memory };

Result<Medium> medium_of(const std::string& directory);

// $CCD_BENCH_DIR, else /var/tmp. Refuses a file system in memory.
Result<std::string> durable_directory();
// $TMPDIR, else /tmp.
std::string scratch_directory();
// Where things live that a reboot ends, as in /run: /dev/shm where it is in memory, else as above.
std::string volatile_directory();

// Appends of 512 bytes with fdatasync, a second, in a file of its own in `directory`.
Result<double> measure_syncs(const std::string& directory);

}  // namespace ccd::harness
