// A moment written by one process and read by another: how a job tells when it began.
#pragma once

#include <string>

#include "ccd/result.h"
#include "tests/harness/statistics.h"

namespace ccd::bench {

// On the monotonic clock, which all processes of a machine share.
harness::Nanos monotonic_now();

Result<void> write_stamp(const std::string& file, harness::Nanos moment);
// Refuses a file that holds no stamp.
Result<harness::Nanos> read_stamp(const std::string& file);

}  // namespace ccd::bench
