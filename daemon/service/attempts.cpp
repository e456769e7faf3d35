// The jobs' attempts: who starts, what became of it, who is out of time.
#include "daemon/service/jobs.h"
#include "daemon/service/reason.h"
#include "daemon/service/retries.h"
#include "daemon/service/transitions.h"

namespace ccd::service {
namespace {

// The first thing that was observed decides: a program that had ended by itself before we reached
// it was not cancelled, whatever was asked meanwhile.
job::State final_state(const Outcome& outcome, store::Ending ending) {
    if (outcome.kind == Outcome::Kind::lost) return job::State::lost;
    if (outcome.kind == Outcome::Kind::not_started) return job::State::failed;
    // It counts as running, for its shim was found alive before it had begun.
    if (outcome.kind == Outcome::Kind::never_began) return job::State::failed;
    if (outcome.cause == Outcome::Cause::time_limit) return job::State::timed_out;
    auto was_stopped = outcome.cause == Outcome::Cause::stop;
    if (was_stopped && ending == store::Ending::cancel) return job::State::cancelled;
    if (was_stopped && ending == store::Ending::time_limit) return job::State::timed_out;
    // What somebody has stopped did not come to its end, however well it took that.
    if (outcome.cause == Outcome::Cause::manager) return job::State::failed;
    return outcome.exit_code == 0 ? job::State::succeeded : job::State::failed;
}

}  // namespace

std::optional<Time> Jobs::tick(Now now) {
    auto next = tick_timers(now);
    tick_pauses(now);
    tick_deadlines(now);
    if (!is_draining_ && paused_.empty()) offer(now);
    for (const auto* times : {&warnings_, &deadlines_})
        if (!times->empty() && (!next || times->begin()->first < *next))
            next = times->begin()->first;
    for (auto time : {put_off_.next(), users_put_off_.next()})
        if (time && (!next || *time < *next)) next = time;
    return next;
}

void Jobs::tick_deadlines(Now now) {
    // Takes off the first that is due, if it belongs to a job that runs.
    auto due = [&](auto& times) -> Job* {
        auto id = times.begin()->second;
        times.erase(times.begin());
        auto* job = find_mutable(id);
        return job != nullptr && job->state() == job::State::running ? job : nullptr;
    };
    while (!warnings_.empty() && warnings_.begin()->first <= now.time)
        if (auto* job = due(warnings_))
            decisions_.effects.emplace_back(SignalAttempt{job->row.id, job->row.progress.attempt,
                                                          job->row.options->warn_signal});
    while (!deadlines_.empty() && deadlines_.begin()->first <= now.time)
        if (auto* job = due(deadlines_))
            stop(*job, store::Ending::time_limit, "its time limit was over");
}

void Jobs::begin(Job& job, std::vector<std::string> cards, Now now) {
    auto& progress = job.row.progress;
    ++progress.attempt;
    progress.run = store::JobRun{.boot_id = config_.boot_id, .gpus = std::move(cards)};
    progress.due.reset();
    take(job, now.wall, now);
    move(job, job::State::starting, "", now);
    if (auto executor = std::exchange(new_executor_, {}); !executor.empty())
        decisions_.batch.add(store::SettingWrite{.name = std::string{executor_setting},
                                                 .value = std::move(executor)});
    decisions_.effects.emplace_back(StartAttempt{job.row.id, progress.attempt});
}

void Jobs::stop(Job& job, store::Ending ending, std::string reason) {
    auto& progress = job.row.progress;
    if (progress.run->ending == store::Ending::none) {
        progress.run.edit().ending = ending;
        progress.reason = reason;
        write(job);
    } else if (ending == store::Ending::cancel && progress.retries_left > 0) {
        // It ends as it was about to, and whoever asks for its end does not want it back.
        progress.retries_left = 0;
        write(job);
    }
    decisions_.effects.emplace_back(StopAttempt{job.row.id, progress.attempt});
}

void Jobs::started(job::Id id, std::uint32_t attempt, WallTime at, Now now) {
    auto* job = find_mutable(id);
    if (job == nullptr || job->row.progress.attempt != attempt) return;
    auto& progress = job->row.progress;
    if (job->state() == job::State::starting) {
        progress.run.edit().started_at = at;
        waited_.add(at - job->row.submitted_at);
        move(*job, job::State::running, progress.reason.string(), now);
        alive_[id] = now.time - (now.wall - at);
    }
    if (job->state() == job::State::running) adopt(*job);
}

// It waits for a pipe, perhaps, and need never begin.
void Jobs::beginning(job::Id id, std::uint32_t attempt) {
    auto* job = find_mutable(id);
    if (job == nullptr || job->row.progress.attempt != attempt) return;
    if (job::is_alive(job->state())) adopt(*job);
}

// From here on it is watched, whether we started it or an earlier daemon did.
void Jobs::adopt(Job& job) {
    auto& progress = job.row.progress;
    if (auto deadline = deadline_of(job)) {
        deadlines_.emplace(*deadline, job.row.id);
        if (job.row.options->warn_signal != 0)
            warnings_.emplace(*deadline - job.row.options->warn_before, job.row.id);
    }
    // The signal may not have been sent before the daemon ended.
    if (progress.run->ending != store::Ending::none)
        decisions_.effects.emplace_back(StopAttempt{job.row.id, progress.attempt});
}

void Jobs::ended(job::Id id, std::uint32_t attempt, const Outcome& outcome, Now now) {
    decisions_.effects.emplace_back(ReleaseAttempt{id, attempt});
    auto* job = find_mutable(id);
    if (job == nullptr || job->row.progress.attempt != attempt) return;
    if (job::is_alive(job->state())) conclude(*job, outcome, now);
}

void Jobs::conclude(Job& job, const Outcome& outcome, Now now) {
    auto& progress = job.row.progress;
    give_back(job, now);
    forget_deadlines(job);
    if (outcome.kind == Outcome::Kind::never_began && job.state() == job::State::starting)
        return never_began(job, outcome, now);
    if (job.state() == job::State::starting && outcome.kind == Outcome::Kind::ended) {
        progress.run.edit().started_at = outcome.began.value_or(outcome.at);
        move(job, job::State::running, progress.reason.string(), now);
    }
    auto to = final_state(outcome, progress.run->ending);
    auto was_ours = to == job::State::cancelled || to == job::State::timed_out;
    auto reason = was_ours && progress.run->ending != store::Ending::none ? progress.reason.string()
                                                                          : reason_of(outcome);
    if (outcome.cause == Outcome::Cause::memory && job.row.memory.count > 0)
        reason += " (it had " + std::to_string(job.row.memory.count >> 20) + " MiB)";
    auto& run = progress.run.edit();
    run.exit_code = outcome.exit_code;
    run.signal = outcome.signal;
    run.end = end_of(outcome, to);
    if (try_again(job, to, outcome.at, reason, now)) return;
    run.finished_at = outcome.at;
    move(job, to, std::move(reason), now);
}

void Jobs::never_began(Job& job, const Outcome& outcome, Now now) {
    auto& progress = job.row.progress;
    progress.run.edit().gpus.clear();
    auto reason = progress.reason.string();
    auto why = outcome.reason.empty() ? "the daemon ended before it began" : outcome.reason;
    move(job, job::State::queued, std::move(why), now);
    if (progress.run->ending == store::Ending::cancel)
        move(job, job::State::cancelled, std::move(reason), now);
}

// Whoever asked for its end does not want it back.
bool Jobs::try_again(Job& job, job::State to, WallTime at, const std::string& reason, Now now) {
    auto& progress = job.row.progress;
    if (progress.retries_left == 0 || progress.run->ending == store::Ending::cancel ||
        !is_retried(job.row.options->retry_on, to, *progress.run->end))
        return false;
    --progress.retries_left;
    progress.run.edit().gpus.clear();
    progress.due = at + back_off(job.row.options->retry_delay, job.row.id,
                                 job.row.options->max_retries - progress.retries_left);
    move(job, job::State::retrying, reason, now);
    return true;
}

// None: it may run for ever, or does not run yet.
std::optional<Time> Jobs::deadline_of(const Job& job) const {
    auto alive = alive_.find(job.row.id);
    if (!job.row.time_limit || alive == alive_.end() || !alive->second) return std::nullopt;
    return *alive->second + *job.row.time_limit;
}

void Jobs::forget_deadlines(const Job& job) {
    auto deadline = deadline_of(job);
    if (!deadline) return;
    deadlines_.erase({*deadline, job.row.id});
    warnings_.erase({*deadline - job.row.options->warn_before, job.row.id});
}

void Jobs::set_paused(std::string why) {
    paused_ = std::move(why);
    if (paused_.empty()) must_offer_ = true;
}

void Jobs::set_draining(bool draining) {
    is_draining_ = draining;
    if (!draining) must_offer_ = true;
}

}  // namespace ccd::service
