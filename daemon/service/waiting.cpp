#include "daemon/service/waiting.h"

#include <iterator>

namespace ccd::service {

void Waiting::add(Rank rank, const Demand& demand) {
    auto& line = *lines_.try_emplace(demand).first;
    auto& ranks = line.second;
    if (!ranks.empty()) heads_.erase(*ranks.begin());
    if (ranks.insert(rank).second) ++size_;
    heads_.emplace(*ranks.begin(), &line);
}

void Waiting::remove(Rank rank, const Demand& demand) {
    auto at = lines_.find(demand);
    if (at == lines_.end()) return;
    auto& ranks = at->second;
    heads_.erase(*ranks.begin());
    size_ -= ranks.erase(rank);
    if (ranks.empty())
        lines_.erase(at);
    else
        heads_.emplace(*ranks.begin(), &*at);
}

bool Waiting::is_first(Rank rank, const Demand& demand) const {
    auto line = lines_.find(demand);
    return line != lines_.end() && *line->second.begin() == rank;
}

std::size_t Waiting::position(Rank rank) const {
    std::size_t before = 0;
    for (const auto& [demand, ranks] : lines_)
        before += static_cast<std::size_t>(std::distance(ranks.begin(), ranks.lower_bound(rank)));
    return before + 1;
}

}  // namespace ccd::service
