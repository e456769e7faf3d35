// The daemon's claim to its directories: they are there, closed to others, and used by no other
// ccd.
//
// Held from before anything is read or written in them until all is closed.
//
// Owner: the Daemon.
#pragma once

#include "ccd/result.h"
#include "daemon/config.h"
#include "daemon/store/lock.h"

namespace ccd::daemon {

struct Claim {
    store::StateLock state;
    store::StateLock runtime;

    // `conflict` where another ccd has one of them; any other error says what is wrong with which.
    // Logs what it had to close.
    static Result<Claim> take(const Config& config);
};

}  // namespace ccd::daemon
