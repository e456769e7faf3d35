// The contestants of the case `queue`, by the way they are measured.
#pragma once

#include <string_view>

#include "tests/bench/contestants.h"
#include "tests/bench/queue/channel.h"

namespace ccd::bench::queue {

// Messages received a second, by processes that do nothing but put and get.
MadeContestant make_copied_flow(std::string_view who, const Shape& shape, harness::Nanos run);
// The same, where producers write all bytes in the channel's memory, and consumers read all there.
MadeContestant make_placed_flow(std::string_view who, const Shape& shape, harness::Nanos run);

// How long a message takes one way: half of a round trip between two processes. Where ends sleep,
// so does the other one before each message; these pauses do not count, neither for the rate,
// which is that of a message after the other.
MadeContestant make_ping_pong(std::string_view who, const Shape& shape, harness::Nanos run);

// Copies of messages a second within memory of the queue's size, by one process: the bound.
MadeContestant make_memcpy(const Shape& shape, harness::Nanos run);

// multiprocessing.Queue, with processes of its own. Refuses with `not_found` where there is no
// python3.
MadeContestant make_python(const Shape& shape, harness::Nanos run);

}  // namespace ccd::bench::queue
