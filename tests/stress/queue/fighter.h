// One of many processes in one queue: it puts and gets at random until it is over, or killed.
#pragma once

#include <string>

#include "ccd/queue.h"
#include "tests/stress/queue/correspondent.h"

namespace ccd::stress {

struct Arena {
    std::string socket;
    std::string queue;
    std::uint32_t letter_size;  // at most
    Order order = Order::kept;
    std::uint64_t seed = 1;
};

// What the process in a place attaches for.
queue::Use use_of(std::size_t place);

// Returns when the book is over, all others have put their last letter, and none is in line.
Result<void> fight(const Arena& arena, Book& book, std::size_t place);

}  // namespace ccd::stress
