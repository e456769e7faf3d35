#include "daemon/exec/misstarts.h"

#include <algorithm>

namespace ccd::exec {

Misstarts::Judged Misstarts::judge(job::Id job, std::uint32_t uid, const std::string& why,
                                   Reason reason) {
    if (reason == Reason::any && is_machines(uid, why)) return {.verdict = Verdict::machine};
    if (counts_.size() >= count_limit) counts_.erase(counts_.begin());
    auto count = ++counts_[job];
    if (count >= tries && reason == Reason::any) return {.verdict = Verdict::give_up};
    auto pause = first_pause_ * (1 << std::min<std::uint32_t>(count - 1, 16));
    return {.verdict = Verdict::put_off, .pause = std::min(pause, longest_pause)};
}

bool Misstarts::is_machines(std::uint32_t uid, const std::string& why) {
    if (suspects_.size() >= suspect_limit) suspects_.clear();
    auto& users = suspects_[why];
    // Two are enough to know, however many there are.
    if (users.size() < 2) users.insert(uid);
    return users.size() > 1;
}

void Misstarts::begun(job::Id job) {
    counts_.erase(job);
    suspects_.clear();
}

}  // namespace ccd::exec
