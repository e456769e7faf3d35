#include "daemon/service/ranks.h"

#include <algorithm>
#include <iterator>

namespace ccd::service {

std::size_t Ranks::block_of(Rank rank) const {
    auto after = std::ranges::upper_bound(blocks_, rank, {},
                                          [](const Block& block) { return block.front(); });
    return after == blocks_.begin() ? 0 : static_cast<std::size_t>(after - blocks_.begin()) - 1;
}

bool Ranks::insert(Rank rank) {
    if (blocks_.empty()) {
        blocks_.push_back({rank});
        ++size_;
        return true;
    }
    auto number = block_of(rank);
    auto place = std::ranges::lower_bound(blocks_[number], rank);
    if (place != blocks_[number].end() && *place == rank) return false;
    ++size_;
    if (blocks_[number].size() < block_size) {
        blocks_[number].insert(place, rank);
        return true;
    }
    // At the end a new block is begun, so that who only come leave full blocks behind.
    auto offset = place - blocks_[number].begin();
    auto is_last = number + 1 == blocks_.size() && place == blocks_[number].end();
    auto kept = is_last ? block_size : block_size / 2;
    auto added =
        blocks_.emplace(std::next(blocks_.begin(), static_cast<std::ptrdiff_t>(number + 1)));
    auto& full = *std::prev(added);
    auto cut = std::next(full.begin(), static_cast<std::ptrdiff_t>(kept));
    added->assign(cut, full.end());
    full.erase(cut, full.end());
    auto& target = offset <= static_cast<std::ptrdiff_t>(kept) && !is_last ? full : *added;
    target.insert(std::ranges::lower_bound(target, rank), rank);
    return true;
}

bool Ranks::erase(Rank rank) {
    if (empty()) return false;
    auto number = block_of(rank);
    auto& block = blocks_[number];
    auto place = std::ranges::lower_bound(block, rank);
    if (place == block.end() || *place != rank) return false;
    block.erase(place);
    --size_;
    if (block.empty())
        blocks_.erase(std::next(blocks_.begin(), static_cast<std::ptrdiff_t>(number)));
    return true;
}

std::size_t Ranks::count_before(Rank rank) const {
    if (empty()) return 0;
    auto number = block_of(rank);
    std::size_t count = 0;
    for (std::size_t i = 0; i < number; ++i) count += blocks_[i].size();
    const auto& block = blocks_[number];
    return count + static_cast<std::size_t>(std::ranges::lower_bound(block, rank) - block.begin());
}

}  // namespace ccd::service
