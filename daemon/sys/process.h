// What this process is to be like before it does anything.
#pragma once

#include <cstdint>

#include "ccd/result.h"

namespace ccd::sys {

// Descriptors 0, 1 and 2 are open, so that nothing else ever gets these numbers; a reader of our
// output that ends does not end us; what we make is for our own user unless it is said otherwise;
// freed memory rejoins at once what is free beside it.
void prepare_process();

// The process of a pidfd. denied: it is another descriptor, or the process has been waited for;
// over-limit: that cannot be seen now.
Result<std::int32_t> process_of(int pidfd);

}  // namespace ccd::sys
