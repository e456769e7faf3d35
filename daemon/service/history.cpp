#include "daemon/service/history.h"

#include <algorithm>

namespace ccd::service {

Millis History::rest() const {
    return std::clamp(age_ / 100, Millis{1'000}, Millis{600'000});
}

void History::set_age(Millis age, Now now) {
    if (age == age_) return;
    age_ = age;
    load(now);
}

void History::load(Now now) {
    is_asking_ = false;
    since_ = 0;
    oldest_kept_.reset();
    next_ = now.time + rest();
}

void History::failed(Now now) {
    load(now);
}

std::optional<Time> History::tick(Now now) {
    if (age_ == Millis{0} || is_asking_ || is_resting_) return std::nullopt;
    if (next_ > now.time) return next_;
    is_asking_ = true;
    decisions_.effects.emplace_back(
        Ask{.ticket = {},
            .caller = {},
            .query = store::Expired{.before = now.wall - age_, .now = now.wall, .since = since_},
            .purpose = AskExpired{}});
    return std::nullopt;
}

void History::deliver(const store::Answer& answer, Now now) {
    if (!is_asking_ || age_ == Millis{0}) return;
    is_asking_ = false;
    // It is asked once more.
    if (is_resting_) return;
    erase(answer);
    if (answer.oldest_kept)
        oldest_kept_ = std::min(*answer.oldest_kept, oldest_kept_.value_or(*answer.oldest_kept));
    if (answer.is_partial) {
        since_ = answer.next;
        next_ = now.time + step_pause;
        return;
    }
    since_ = 0;
    // What ends from now on is kept for the whole of the age.
    auto oldest = std::exchange(oldest_kept_, std::nullopt);
    auto next_to_expire = oldest ? *oldest - now.wall + age_ : age_;
    next_ = now.time + std::clamp(next_to_expire, rest(), std::max(age_, rest()));
}

void History::erase(const store::Answer& answer) {
    if (answer.jobs.empty() && answer.expired_event == 0) return;
    store::Prune pruned{.jobs = {}, .events_through = answer.expired_event};
    RemoveOutputs outputs;
    for (const auto& job : answer.jobs) {
        // It has been queued again meanwhile.
        if (jobs_.all().contains(job.id)) continue;
        pruned.jobs.push_back(job.id);
        if (job.progress.attempt > 0)
            for (std::uint32_t attempt = 1; attempt <= job.progress.attempt; ++attempt)
                outputs.outputs.push_back({job.id, attempt});
        jobs_.forget(job);
    }
    if (answer.expired_event > 0) events_.prune(answer.expired_event);
    decisions_.batch.add(std::move(pruned));
    if (!outputs.outputs.empty()) decisions_.effects.emplace_back(std::move(outputs));
}

}  // namespace ccd::service
