// All units of ours, held against the attempts that are known.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "daemon/exec/systemd_executor.h"

namespace ccd::exec {
Result<void> SystemdExecutor::adopt(std::span<const Expected> expected) {
    // What was told and not let go is to be found, and told, once more, or let go.
    ended_.clear();
    is_adopted_ = true;
    std::unordered_set<std::string> nonces;
    for (const Expected& one : expected) {
        nonces.insert(one.attempt.nonce);
        Job* job = find(one.attempt.nonce);
        if (job == nullptr) job = &add(one.attempt, Phase::searching);
        if (!job->is_expected) let_live(*job);
        job->expected = one;
        job->is_expected = true;
        job->is_owed_word = true;
    }
    for (auto& [nonce, job] : jobs_) {
        if (nonces.contains(nonce)) continue;
        job.is_expected = false;
        job.is_stop_wanted = true;
    }
    // Before anything can be begun: the list comes from the loop.
    if (!is_synced_ && away_.empty()) tell_away("the service manager has not been reached yet");
    resync_.set(Millis{0});
    return {};
}

// That nobody knew it is no reason to end it any more; who wants it ended says so again.
void SystemdExecutor::let_live(Job& job) {
    job.is_stop_wanted = false;
    job.is_told_to_stop = false;
    if (job.phase == Phase::living) job.timer.reset();
    if (!job.stopped_at) return;
    job.stopped_at.reset();
    units_.describe(unit_name(job.attempt), description_of(job.attempt, {}));
}

// Before it is known what is expected, nothing can be told to be a stray.
void SystemdExecutor::resync() {
    if (!is_adopted_ || !units_.is_up()) return;
    // Only those that the manager can have known when it was asked.
    std::vector<std::string> judged;
    for (const auto& [nonce, job] : jobs_)
        if (may_have_unit(job)) judged.push_back(nonce);
    units_.list("ccd-job-" + setup_.instance + "-*.service",
                [this, judged](const Result<std::vector<Units::Listed>>& listed) {
                    on_listed(judged, listed);
                });
}

void SystemdExecutor::on_listed(const std::vector<std::string>& judged,
                                const Result<std::vector<Units::Listed>>& listed) {
    if (!listed) return resync_.set(look_pause);
    std::vector<std::string> there;
    for (const auto& unit : *listed) {
        auto attempt = parse_unit_name(unit.name, setup_.instance);
        if (!attempt || ended_.contains(attempt->nonce)) continue;
        there.push_back(attempt->nonce);
        found(*attempt, unit.path);
    }
    std::ranges::sort(there);
    for (const auto& nonce : judged)
        if (Job* job = find(nonce); job && !std::ranges::binary_search(there, nonce))
            not_found(*job);
    is_synced_ = true;
    tell_away({});
}

void SystemdExecutor::found(const Attempt& attempt, const std::string& path) {
    Job* job = find(attempt.nonce);
    if (job == nullptr) {
        job = &add(attempt, Phase::living);
        job->is_expected = false;
        job->is_stop_wanted = true;
    }
    if (!may_have_unit(*job)) return;
    if (job->phase != Phase::emptying) job->phase = Phase::living;
    units_.look(path, [this, nonce = attempt.nonce](Result<UnitState> unit) {
        on_state(nonce, std::move(unit));
    });
}

void SystemdExecutor::on_state(const std::string& nonce, Result<UnitState> unit) {
    Job* job = find(nonce);
    if (job == nullptr) return;
    // Not there any more, or the bus has broken: the next list tells.
    if (!unit) return resync_.set(resync_pause);
    job->unit = std::move(*unit);
    job->is_looked_into = false;
    if (!job->stopped_at) job->stopped_at = parse_stopped_at(job->unit.description);
    if (job->is_owed_word && !job->unit.is_over())
        job->unit.was_active() ? tell_started(*job) : tell_beginning(*job);
    consider(*job);
}

void SystemdExecutor::not_found(Job& job) {
    switch (job.phase) {
        case Phase::laying_out:
        case Phase::asking:
        case Phase::concluding:
            return;
        case Phase::unsettled:
            return finish(job, NeverBegan{"the service manager did not hear of it"});
        case Phase::searching:
            if (!job.expected.was_running && job.expected.is_same_boot)
                return finish(job, NeverBegan{});
            return finish(job, Lost{job.expected.is_same_boot
                                        ? "the service manager knows nothing of it any more"
                                        : "the machine was started anew meanwhile"});
        case Phase::living:
        case Phase::emptying:
            if (job.unit.is_over()) return conclude(job);
            return finish(job, Lost{"its unit was removed"});
    }
}

}  // namespace ccd::exec
