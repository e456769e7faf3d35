// Whether what is missing after deaths is what the dead had.
#pragma once

#include <optional>
#include <string>

#include "ccd/queue.h"
#include "tests/stress/queue/book.h"
#include "tests/stress/queue/chaos.h"

namespace ccd::stress {

// A sentence if the daemon's figures of an empty queue that drops nothing, what the processes have
// noted, and what the killed may have had cannot all be so.
std::optional<std::string> find_contradiction(const queue::View& view, const Inventory& noted,
                                              const Casualties& casualties);

}  // namespace ccd::stress
