#include "daemon/service/dependencies.h"

#include <algorithm>

namespace ccd::service {

void Dependencies::add(job::Id job, std::vector<Other> others) {
    if (others.empty()) return;
    for (const auto& other : others) {
        by_other_.emplace(other.id, job);
        ++count_[other.id];
    }
    auto unmet = std::ranges::count(others, false, &Other::has_ended);
    followers_[job] = {.others = std::move(others), .unmet = static_cast<std::size_t>(unmet)};
}

void Dependencies::remove(job::Id job) {
    auto found = followers_.find(job);
    if (found == followers_.end()) return;
    for (const auto& other : found->second.others) {
        by_other_.erase({other.id, job});
        if (auto count = count_.find(other.id); --count->second == 0) count_.erase(count);
    }
    followers_.erase(found);
}

bool Dependencies::is_waiting(job::Id job) const {
    auto found = followers_.find(job);
    return found != followers_.end() && found->second.unmet > 0;
}

std::size_t Dependencies::count_followers(job::Id other) const {
    auto found = count_.find(other);
    return found == count_.end() ? 0 : found->second;
}

std::vector<Dependencies::Other> Dependencies::waits_for(job::Id job) const {
    std::vector<Other> others;
    auto found = followers_.find(job);
    if (found == followers_.end()) return others;
    std::ranges::copy_if(found->second.others, std::back_inserter(others),
                         [](const Other& other) { return !other.has_ended; });
    std::ranges::sort(others, {}, &Other::id);
    return others;
}

std::vector<job::Id> Dependencies::followers_of(job::Id other) const {
    std::vector<job::Id> jobs;
    for (auto at = by_other_.lower_bound({other, 0}); at != by_other_.end() && at->first == other;
         ++at)
        jobs.push_back(at->second);
    return jobs;
}

Dependencies::Decided Dependencies::ended(job::Id other, bool has_succeeded) {
    Decided decided;
    for (auto job : followers_of(other)) {
        auto& follower = followers_.at(job);
        auto& waited_for = *std::ranges::find(follower.others, other, &Other::id);
        if (waited_for.has_ended) continue;
        if (waited_for.kind == Kind::success && !has_succeeded) {
            decided.never.push_back(job);
            remove(job);
            continue;
        }
        waited_for.has_ended = true;
        if (--follower.unmet == 0) decided.met.push_back(job);
    }
    return decided;
}

std::vector<job::Id> Dependencies::begun_again(job::Id other) {
    std::vector<job::Id> waiting;
    for (auto job : followers_of(other)) {
        auto& follower = followers_.at(job);
        auto& followed = *std::ranges::find(follower.others, other, &Other::id);
        if (!std::exchange(followed.has_ended, false)) continue;
        if (++follower.unmet == 1) waiting.push_back(job);
    }
    return waiting;
}

}  // namespace ccd::service
