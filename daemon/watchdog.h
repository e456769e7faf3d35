// Says to the service manager that ccd is alive, as long as it is: the loop turns, and the store's
// thread answers.
//
// A store that is known to be out does not count against us: that is an outage which is being dealt
// with, and a restart would take everything else from its users too. One that says nothing and has
// not been found out yet does.
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <functional>

#include "ccd/time.h"
#include "daemon/loop/loop.h"

namespace ccd::daemon {

class Watchdog {
public:
    struct Parts {
        // Asks the store for nothing, and calls back from the loop when it has answered.
        std::function<void(std::function<void()> on_answer)> ask_store;
        std::function<bool()> is_store_out;
        std::function<void()> feed;
    };

    // Feeds at least once in `interval` from now on.
    Watchdog(loop::Loop& loop, Millis interval, Parts parts);

private:
    void beat();

    Parts parts_;
    Millis pause_;
    bool is_asked_ = false;  // and has not answered
    loop::Timer next_;
};

}  // namespace ccd::daemon
