// Whether an attempt that ended is tried again, and when.
//
// Pure rules. Loop thread only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ccd/job.h"
#include "daemon/service/outcome.h"

namespace ccd::service {

// What kind of end it was, for a job that goes to `to`.
job::End end_of(const Outcome& outcome, job::State to);

// As a JobRow has them. Nothing else is tried again than what says so.
std::uint32_t bits_of(std::span<const job::RetryOn> retry_on);

// Whether an end of this class, which would make the job `to`, is one of `bits`.
bool is_retried(std::uint32_t bits, job::State to, job::End end);

// How long to wait after the attempt: `first`, doubled with each attempt up to an hour (or `first`,
// where that is longer), and a quarter more or less, so that jobs that failed together do not come
// back together. The same for the same attempt.
Millis back_off(Millis first, job::Id id, std::uint32_t attempt);

}  // namespace ccd::service
