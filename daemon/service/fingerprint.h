// What a submit asks for, in one number: by it a submit that comes again with its key is known.
//
// It is kept with the job, because what the job is may have been changed since. The environment is
// left out: it is scrubbed after the end. Of two requests that differ, one in 2^64 pairs has the
// same number.
#pragma once

#include <cstdint>

#include "daemon/store/batch.h"

namespace ccd::service {

// Never 0. The same in every release and on every machine: it is on disk.
std::uint64_t fingerprint_of(const store::JobRow& row);

}  // namespace ccd::service
