// A sorted set of small values that counts, in little more room than its values.
//
// There may be a million values. They lie in sorted blocks: where most come at the end and leave at
// the front, at the size of a value each; where they come anywhere, at half as much again. A tree
// that counts would need four times that. Inserting, erasing and counting search among the blocks
// and move what is in one of them.
//
// A value. Thread rule: as of a std::set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace ccd::service {

template <class T>
class SortedBlocks {
public:
    // Whether it was not there.
    bool insert(T value);
    // Whether it was there.
    bool erase(T value);

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    // REQUIRES: it is not empty.
    T first() const { return blocks_.front().front(); }
    // How many are less.
    std::size_t count_before(T value) const;

    // Calls `visit(value)` for those that are not less, in order, until it returns false.
    template <class Visit>
    void visit_from(T value, Visit visit) const;

private:
    static constexpr std::size_t block_size = 512;
    using Block = std::vector<T>;
    using Offset = typename Block::difference_type;

    // The only block that may hold it. REQUIRES: there is a block.
    std::size_t block_of(T value) const {
        auto after = std::ranges::upper_bound(blocks_, value, {},
                                              [](const Block& block) { return block.front(); });
        return after == blocks_.begin() ? 0 : static_cast<std::size_t>(after - blocks_.begin()) - 1;
    }
    void split_for(std::size_t number, T value);

    std::vector<Block> blocks_;  // none of them empty, each before the next
    std::size_t size_ = 0;
};

template <class T>
bool SortedBlocks<T>::insert(T value) {
    if (blocks_.empty()) {
        blocks_.push_back({value});
        ++size_;
        return true;
    }
    auto number = block_of(value);
    auto& block = blocks_[number];
    auto place = std::ranges::lower_bound(block, value);
    if (place != block.end() && *place == value) return false;
    ++size_;
    if (block.size() < block_size)
        block.insert(place, value);
    else
        split_for(number, value);
    return true;
}

// At the end a new block is begun, so that who only come leave full blocks behind.
template <class T>
void SortedBlocks<T>::split_for(std::size_t number, T value) {
    auto is_at_end = number + 1 == blocks_.size() && blocks_[number].back() < value;
    auto kept = static_cast<Offset>(is_at_end ? block_size : block_size / 2);
    auto added = blocks_.emplace(std::next(blocks_.begin(), static_cast<Offset>(number + 1)));
    auto& full = *std::prev(added);
    added->assign(full.begin() + kept, full.end());
    full.erase(full.begin() + kept, full.end());
    auto& target = is_at_end || added->front() < value ? *added : full;
    target.insert(std::ranges::lower_bound(target, value), value);
}

template <class T>
bool SortedBlocks<T>::erase(T value) {
    if (empty()) return false;
    auto number = block_of(value);
    auto& block = blocks_[number];
    auto place = std::ranges::lower_bound(block, value);
    if (place == block.end() || *place != value) return false;
    block.erase(place);
    --size_;
    if (block.empty()) blocks_.erase(std::next(blocks_.begin(), static_cast<Offset>(number)));
    return true;
}

template <class T>
std::size_t SortedBlocks<T>::count_before(T value) const {
    if (empty()) return 0;
    auto number = block_of(value);
    std::size_t count = 0;
    for (std::size_t i = 0; i < number; ++i) count += blocks_[i].size();
    const auto& block = blocks_[number];
    return count + static_cast<std::size_t>(std::ranges::lower_bound(block, value) - block.begin());
}

template <class T>
template <class Visit>
void SortedBlocks<T>::visit_from(T value, Visit visit) const {
    if (empty()) return;
    auto number = block_of(value);
    auto place = std::ranges::lower_bound(blocks_[number], value);
    for (;; ++place) {
        while (place == blocks_[number].end()) {
            if (++number == blocks_.size()) return;
            place = blocks_[number].begin();
        }
        if (!visit(*place)) return;
    }
}

}  // namespace ccd::service
