// A job as people submit it.
#pragma once

#include <string_view>

#include "ccd/job.h"

namespace ccd::bench {

// In place of the key, which is to be new each time (see harness::Stencil).
inline constexpr std::string_view key_blank = "********************************";

// All of them have the same environment of thirty variables.
job::SubmitRequest typical_job();

}  // namespace ccd::bench
