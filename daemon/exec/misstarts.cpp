#include "daemon/exec/misstarts.h"

#include <algorithm>

namespace ccd::exec {

Misstarts::Judged Misstarts::judge(job::Id job, std::uint32_t uid, const std::string& why,
                                   Reason reason) {
    auto is_whose = reason == Reason::any ? whose(job, uid, why) : Whose::user;
    if (is_whose == Whose::machine) return {.verdict = Verdict::machine};
    if (counts_.size() >= count_limit) counts_.erase(counts_.begin());
    auto count = ++counts_[job];
    if (count >= tries && reason == Reason::any) return {.verdict = Verdict::give_up};
    auto pause = first_pause_ * (1 << std::min<std::uint32_t>(count - 1, 16));
    return {.verdict = is_whose == Whose::user ? Verdict::put_off_user : Verdict::put_off,
            .pause = std::min(pause, longest_pause)};
}

Misstarts::Whose Misstarts::whose(job::Id job, std::uint32_t uid, const std::string& why) {
    if (suspects_.size() >= suspect_limit) suspects_.clear();
    auto& suspect = suspects_.try_emplace(why, Suspect{.job = job, .uid = uid}).first->second;
    auto shown = suspect.uid != uid ? Whose::machine : Whose::user;
    if (suspect.job != job) suspect.whose = std::max(suspect.whose, shown);
    return suspect.whose;
}

void Misstarts::begun(job::Id job) {
    counts_.erase(job);
    suspects_.clear();
}

}  // namespace ccd::exec
