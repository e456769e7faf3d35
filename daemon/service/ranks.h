// The jobs of a line, in the order in which they came: a sorted set that counts.
//
// A million jobs may wait, most of them in few lines; most come at the end and leave at the front.
// So they lie in sorted blocks, at 16 bytes a job, where a tree that counts would need 64.
// Inserting, erasing and counting search among the blocks and move what is in one of them.
//
// Owner: Waiting. Loop thread only.
#pragma once

#include <compare>
#include <cstddef>
#include <vector>

#include "ccd/job.h"
#include "ccd/time.h"

namespace ccd::service {

// Who of equals goes first: who came first.
struct Rank {
    WallTime submitted_at{};
    job::Id id = 0;
    auto operator<=>(const Rank&) const = default;
};

class Ranks {
public:
    // Whether it was not there.
    bool insert(Rank rank);
    // Whether it was there.
    bool erase(Rank rank);

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    // REQUIRES: it is not empty.
    Rank first() const { return blocks_.front().front(); }
    // How many are less.
    std::size_t count_before(Rank rank) const;

private:
    static constexpr std::size_t block_size = 512;
    using Block = std::vector<Rank>;

    // The only block that may hold it. REQUIRES: there is a block.
    std::size_t block_of(Rank rank) const;

    std::vector<Block> blocks_;  // none of them empty, each before the next
    std::size_t size_ = 0;
};

}  // namespace ccd::service
