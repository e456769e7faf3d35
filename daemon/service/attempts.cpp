// The jobs' attempts: who starts, what became of it, who is out of time.
#include <csignal>
#include <cstring>

#include "daemon/service/jobs.h"
#include "daemon/service/transitions.h"

namespace ccd::service {
namespace {

std::string sentence_of(const Outcome& outcome) {
    if (!outcome.reason.empty()) return outcome.reason;
    if (outcome.signal) {
        const auto* name = sigabbrev_np(*outcome.signal);
        return "signal " + std::to_string(*outcome.signal) +
               (name == nullptr ? "" : std::string{" (SIG"} + name + ")");
    }
    if (outcome.exit_code.value_or(0) != 0)
        return "exit code " + std::to_string(*outcome.exit_code);
    return {};
}

// The first thing that was observed decides: a program that had ended by itself before we reached
// it was not cancelled, whatever was asked meanwhile.
job::State final_state(const Outcome& outcome, store::Ending ending) {
    if (outcome.kind == Outcome::Kind::lost) return job::State::lost;
    if (outcome.kind == Outcome::Kind::not_started) return job::State::failed;
    if (outcome.was_stopped && ending == store::Ending::cancel) return job::State::cancelled;
    if (outcome.was_stopped && ending == store::Ending::time_limit) return job::State::timed_out;
    return outcome.exit_code == 0 ? job::State::succeeded : job::State::failed;
}

}  // namespace

std::optional<Time> Jobs::tick(Now now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now.time) {
        auto id = deadlines_.begin()->second;
        deadlines_.erase(deadlines_.begin());
        if (auto* job = find_mutable(id); job != nullptr && job->state() == job::State::running)
            stop(*job, store::Ending::time_limit, "its time limit was over", now);
    }
    if (must_offer_ && !is_draining_) {
        must_offer_ = false;
        waiting_.offer([&](Rank rank, const Demand& demand) {
            auto cards = ledger_.find_room(demand);
            if (!cards) return false;
            begin(jobs_.at(rank.id), std::move(*cards), now);
            return true;
        });
    }
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.begin()->first;
}

void Jobs::begin(Job& job, std::vector<std::string> cards, Now now) {
    ledger_.take(job.row.id, demand_of(job.row), cards);
    auto& progress = job.row.progress;
    ++progress.attempt;
    progress.boot_id = config_.boot_id;
    progress.gpus = std::move(cards);
    progress.started_at.reset();
    move(job, job::State::starting, "", now);
    decisions_.effects.emplace_back(StartAttempt{job.row.id, progress.attempt});
}

void Jobs::stop(Job& job, store::Ending ending, std::string reason, Now) {
    auto& progress = job.row.progress;
    if (progress.ending == store::Ending::none) {
        progress.ending = ending;
        progress.reason = std::move(reason);
        write(job);
    }
    decisions_.effects.emplace_back(StopAttempt{job.row.id, progress.attempt});
}

void Jobs::started(job::Id id, std::uint32_t attempt, WallTime at, Now now) {
    auto* job = find_mutable(id);
    if (job == nullptr || job->row.progress.attempt != attempt) return;
    auto& progress = job->row.progress;
    if (job->state() == job::State::starting) {
        progress.started_at = at;
        waited_.add(at - job->row.submitted_at);
        move(*job, job::State::running, progress.reason, now);
    }
    if (job->state() == job::State::running) adopt(*job, now);
}

// From here on it is watched, whether we started it or an earlier daemon did.
void Jobs::adopt(Job& job, Now now) {
    auto& progress = job.row.progress;
    auto ran = now.wall - progress.started_at.value_or(now.wall);
    job.running_since = now.time - ran;
    if (job.row.time_limit) deadlines_.emplace(job.running_since + *job.row.time_limit, job.row.id);
    // The signal may not have been sent before the daemon ended.
    if (progress.ending != store::Ending::none)
        decisions_.effects.emplace_back(StopAttempt{job.row.id, progress.attempt});
}

void Jobs::ended(job::Id id, std::uint32_t attempt, const Outcome& outcome, Now now) {
    decisions_.effects.emplace_back(ReleaseAttempt{id, attempt});
    auto* job = find_mutable(id);
    if (job == nullptr || job->row.progress.attempt != attempt) return;
    auto is_alive = job->state() == job::State::starting || job->state() == job::State::running;
    if (is_alive) conclude(*job, outcome, now);
}

void Jobs::conclude(Job& job, const Outcome& outcome, Now now) {
    auto& progress = job.row.progress;
    ledger_.give_back(job.row.id);
    must_offer_ = true;
    if (job.row.time_limit) deadlines_.erase({job.running_since + *job.row.time_limit, job.row.id});

    if (outcome.kind == Outcome::Kind::never_began) {
        progress.gpus.clear();
        auto reason = progress.reason;
        move(job, job::State::queued, "the daemon ended before it began", now);
        if (progress.ending == store::Ending::cancel)
            move(job, job::State::cancelled, std::move(reason), now);
        return;
    }
    if (job.state() == job::State::starting && outcome.kind == Outcome::Kind::ended) {
        progress.started_at = outcome.at;
        move(job, job::State::running, progress.reason, now);
    }
    auto to = final_state(outcome, progress.ending);
    auto was_ours = to == job::State::cancelled || to == job::State::timed_out;
    auto reason = was_ours ? progress.reason : sentence_of(outcome);
    progress.exit_code = outcome.exit_code;
    progress.signal = outcome.signal;
    move(job, to, std::move(reason), now);
}

void Jobs::set_draining(bool draining) {
    is_draining_ = draining;
    if (!draining) must_offer_ = true;
}

std::vector<job::Blocker> Jobs::blockers(const Job& job) const {
    std::vector<job::Blocker> blockers;
    if (job.state() == job::State::held)
        blockers.push_back(
            {"held", "held; 'ccctl release " + std::to_string(job.row.id) + "' lets it start"});
    if (job.state() != job::State::held && job.state() != job::State::queued) return blockers;
    if (is_draining_)
        blockers.push_back({"drained", "no job is started; 'ccctl admin resume' ends the drain"});
    auto short_of = ledger_.explain(demand_of(job.row));
    blockers.insert(blockers.end(), short_of.begin(), short_of.end());
    return blockers;
}

std::size_t Jobs::position(const Job& job) const {
    return waiting_.position({job.row.progress.priority, job.row.id});
}

}  // namespace ccd::service
