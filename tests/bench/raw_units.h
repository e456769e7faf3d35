// What no executor under systemd can beat by much: one loop that starts a transient service, waits
// for its end, and lets it go, one after the other, over the system bus.
#pragma once

#include "tests/bench/contestants.h"

namespace ccd::bench {

// Refuses with `not_found` where systemd does not run this machine, or we are not root.
Result<void> check_systemd();

MadeContestant make_raw_units(harness::Nanos run, const char* program);

}  // namespace ccd::bench
