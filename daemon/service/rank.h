// Who of equals goes first: who came first.
#pragma once

#include <compare>

#include "ccd/job.h"
#include "ccd/time.h"
#include "daemon/service/sorted_blocks.h"

namespace ccd::service {

struct Rank {
    WallTime submitted_at{};
    job::Id id = 0;
    auto operator<=>(const Rank&) const = default;
};

using Ranks = SortedBlocks<Rank>;

}  // namespace ccd::service
