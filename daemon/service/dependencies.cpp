#include "daemon/service/dependencies.h"

#include <algorithm>

namespace ccd::service {

void Dependencies::add(job::Id job, job::Id other, Kind kind) {
    auto& others = waits_for_[job];
    auto known = std::ranges::find(others, other, &std::pair<job::Id, Kind>::first);
    if (known == others.end())
        others.emplace_back(other, kind);
    else if (kind == Kind::success)
        known->second = kind;
    by_other_.emplace(other, job);
}

void Dependencies::remove(job::Id job) {
    auto found = waits_for_.find(job);
    if (found == waits_for_.end()) return;
    for (const auto& [other, kind] : found->second) by_other_.erase({other, job});
    waits_for_.erase(found);
}

std::vector<std::pair<job::Id, Dependencies::Kind>> Dependencies::waits_for(job::Id job) const {
    auto found = waits_for_.find(job);
    if (found == waits_for_.end()) return {};
    auto others = found->second;
    std::ranges::sort(others);
    return others;
}

Dependencies::Decided Dependencies::ended(job::Id other, bool has_succeeded) {
    std::vector<job::Id> waiting;
    for (auto at = by_other_.lower_bound({other, 0}); at != by_other_.end() && at->first == other;
         ++at)
        waiting.push_back(at->second);
    Decided decided;
    for (auto job : waiting) {
        auto& others = waits_for_.at(job);
        auto found = std::ranges::find(others, other, &std::pair<job::Id, Kind>::first);
        if (found->second == Kind::success && !has_succeeded) {
            decided.never.push_back(job);
            remove(job);
            continue;
        }
        others.erase(found);
        by_other_.erase({other, job});
        if (!others.empty()) continue;
        waits_for_.erase(job);
        decided.met.push_back(job);
    }
    return decided;
}

}  // namespace ccd::service
