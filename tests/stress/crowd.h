// Many clients at once: each a thread with a connection of its own.
#pragma once

#include <functional>
#include <string>

#include "tests/stress/visitor.h"

namespace ccd::stress {

// Connects `count` visitors, lets them all go at the same moment, and waits until all have done
// `act`. `act` runs in the visitor's own thread. One that cannot connect counts as a failed
// operation and does not act.
Tally crowd(const std::string& socket, std::size_t count,
            const std::function<void(std::size_t number, Visitor&)>& act);

}  // namespace ccd::stress
