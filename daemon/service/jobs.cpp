#include "daemon/service/jobs.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <ranges>

#include "daemon/service/reason.h"
#include "daemon/service/transitions.h"

namespace ccd::service {
namespace {

std::size_t at(job::State state) {
    return static_cast<std::size_t>(state);
}

}  // namespace

Demand demand_of(const store::JobRow& row) {
    return Demand{.job_class = row.job_class,
                  .gpu_count = row.gpu_count,
                  .exclusive = row.exclusive,
                  .vram = row.vram,
                  .cpus = row.cpus,
                  .memory = row.memory,
                  .gpu = row.options->gpu};
}

LineKey line_of(const store::JobRow& row) {
    return {.uid = row.uid,
            .priority = row.progress.priority,
            .array = row.array,
            .time_limit = row.time_limit,
            .pool = row.pool.string(),
            .demand = demand_of(row)};
}

Jobs::Jobs(JobsConfig config, Decisions& decisions, Ledger& ledger, Events& events)
    : config_(std::move(config)), decisions_(decisions), ledger_(ledger), events_(events) {
    set_order(config_.order, Now{});
}

void Jobs::set_order(OrderConfig order, Now now) {
    waiting_.set_ageing(order.ageing);
    shares_.set_half_life(order.share_half_life, now);
    pools_.set_sizes(std::move(order.pools));
    must_offer_ = true;
}

void Jobs::load(store::Snapshot snapshot, Now now) {
    loaded_through_ = 0;
    waiting_.clear();
    shares_.load(snapshot.settings, now);
    pools_.clear();
    kept_.clear();
    keys_ = {};
    environment_ids_.clear();
    environments_.clear();
    created_.clear();
    finished_.clear();
    pruned_.clear();
    ended_.clear();
    deadlines_.clear();
    warnings_.clear();
    timers_.clear();
    put_off_.clear();
    users_put_off_.clear();
    dependencies_ = {};
    arrived_.clear();
    usage_.clear();
    count_.fill(0);
    for (std::size_t i = 0; i < std::min(count_.size(), snapshot.finished_by_state.size()); ++i)
        count_[i] = snapshot.finished_by_state[i];
    last_id_ = snapshot.last_job;
    last_environment_ = snapshot.last_environment;
    for (auto& row : snapshot.environments) environments_[row.id].body = std::move(row.body);
    for (const auto& [id, kept] : environments_) environment_ids_.emplace(kept.body, id);
    for (const auto& finished : snapshot.finished_keys)
        keys_.add(finished.uid, finished.key, finished.id);
}

void Jobs::load_part(std::vector<store::JobRow> rows, Now now) {
    for (auto& row : rows) {
        drop_known_before(row.id);
        load_job(std::move(row), now);
    }
}

void Jobs::loaded() {
    drop_known_before(std::numeric_limits<job::Id>::max());
    drop_unused_environments();
    must_offer_ = true;
}

// Of jobs that ended when they could not be erased.
void Jobs::drop_unused_environments() {
    std::vector<store::EnvironmentId> unused;
    for (const auto& [id, environment] : environments_)
        if (environment.users == 0) unused.push_back(id);
    for (auto id : unused) erase_environment(id);
}

// Those that the store does not have, or that have ended there. What an ended job has left behind
// on a card is not back because the store is.
void Jobs::drop_known_before(job::Id id) {
    auto job = jobs_.upper_bound(loaded_through_);
    while (job != jobs_.end() && job->first < id) {
        if (job::is_alive(job->second.state())) ledger_.give_back(job->first);
        alive_.erase(job->first);
        job = jobs_.erase(job);
    }
    loaded_through_ = id;
}

void Jobs::load_job(store::JobRow row, Now now) {
    auto id = row.id;
    auto& job = jobs_.try_emplace(jobs_.end(), id)->second;
    auto known = std::exchange(job, {.row = std::move(row), .is_committed = true});
    ++count_[at(job.state())];
    add_usage(job.row);
    if (!job.row.key.empty()) keys_.add(job.row.uid, job.row.key, id);
    if (job::is_waiting(job.state())) follow_others(job.row);
    line_up(job, now);
    // Its end may have been seen and not kept.
    if (job::is_alive(known.state()) || job::is_alive(job.state())) ledger_.give_back(id);
    if (!job::is_alive(job.state())) {
        alive_.erase(id);
        return;
    }
    auto& running_since = alive_[id];
    auto started_at = job.row.progress.run->started_at.value_or(now.wall);
    take(job, started_at, now);
    // What was measured counts on: the calendar may have been set meanwhile. An earlier daemon's
    // job is as old as the calendar says.
    if (known.row.progress.attempt != job.row.progress.attempt) running_since.reset();
    if (job.state() == job::State::running && !running_since)
        running_since = now.time - (now.wall - started_at);
}

void Jobs::forget(const store::JobRow& row) {
    pruned_.emplace_back(decisions_.batch_id, row.id);
    if (!row.key.empty()) keys_.remove(row.uid, row.key, row.id);
    --count_[at(row.progress.state)];
}

void Jobs::committed(store::BatchId batch) {
    for (; !created_.empty() && created_.front().first <= batch; created_.pop_front()) {
        auto job = jobs_.find(created_.front().second);
        if (job == jobs_.end()) continue;
        job->second.is_committed = true;
        arrived_.push_back(job->first);
    }
    for (; !finished_.empty() && finished_.front().first <= batch; finished_.pop_front())
        jobs_.erase(finished_.front().second);
    while (!pruned_.empty() && pruned_.front().first <= batch) pruned_.pop_front();
}

Job* Jobs::find_mutable(job::Id id) {
    auto job = jobs_.find(id);
    return job == jobs_.end() || !job->second.is_committed ? nullptr : &job->second;
}

const Job* Jobs::find(job::Id id) const {
    return const_cast<Jobs*>(this)->find_mutable(id);
}

Error Jobs::missing(job::Id id) const {
    auto number = std::to_string(id);
    bool was_there = id > 0 && id <= last_id_ && !jobs_.contains(id);
    return Error{.code = Errc::not_found,
                 .message = was_there ? "job " + number + " is not on record any more"
                                      : "there is no job " + number};
}

const std::string* Jobs::environment(store::EnvironmentId id) const {
    auto found = environments_.find(id);
    return found == environments_.end() ? nullptr : &found->second.body;
}

void Jobs::move(Job& job, job::State to, std::string reason, Now now) {
    auto from = job.state();
    assert(may_follow(from, to));
    leave_line(job);
    if (!job::is_waiting(to)) dependencies_.remove(job.row.id);
    --count_[at(from)];
    ++count_[at(to)];
    if (job::is_alive(to))
        alive_.try_emplace(job.row.id);
    else
        alive_.erase(job.row.id);
    auto& progress = job.row.progress;
    progress.state = to;
    progress.reason = reason;
    if (job::is_final(to) && !progress.run->finished_at) progress.run.edit().finished_at = now.wall;
    job::Event event{.time = now.wall, .job = job.row.id, .from = from, .to = to};
    if (progress.attempt > 0) event.attempt = progress.attempt;
    if (auto why = public_reason(progress); !why.empty()) event.reason = std::move(why);
    tell(job, std::move(event));
    write(job);
    if (job::is_waiting(to) && !job::is_waiting(from)) follow_others(job.row);
    line_up(job, now);
    if (job::is_final(to)) finish(job, now);
}

void Jobs::tell(const Job& job, job::Event event) {
    if (config_.has_journal)
        decisions_.effects.emplace_back(Note{.event = event,
                                             .uid = job.row.uid,
                                             .exit_code = job.row.progress.run->exit_code,
                                             .signal = job.row.progress.run->signal});
    events_.add(std::move(event), job.row.uid);
}

void Jobs::write(Job& job) {
    job.change_in(decisions_.batch_id);
    decisions_.batch.add(store::ProgressWrite{.id = job.row.id, .progress = job.row.progress});
}

void Jobs::finish(const Job& job, Now now) {
    ended_.push_back(job.row.id);
    finished_.emplace_back(decisions_.batch_id, job.row.id);
    put_off_.remove(job.row.id);
    remove_usage(job.row);
    settle_others(job.row.id, job.state() == job::State::succeeded, now);
}

host::JobStats Jobs::stats(Now now) const {
    auto of = [&](job::State state) { return count_[at(state)]; };
    std::uint64_t recent = 0;
    for (const auto& [second, count] : submits_)
        if (second + submit_rate_window >= now.time) recent += count;
    return {.held = of(job::State::held),
            .queued = of(job::State::queued),
            .starting = of(job::State::starting),
            .running = of(job::State::running),
            .retrying = of(job::State::retrying),
            .succeeded = of(job::State::succeeded),
            .failed = of(job::State::failed),
            .cancelled = of(job::State::cancelled),
            .timed_out = of(job::State::timed_out),
            .lost = of(job::State::lost),
            .submits_per_s =
                static_cast<double>(recent) / static_cast<double>(submit_rate_window.count()),
            .wait = waited_.quantiles(),
            .draining = is_draining()};
}

}  // namespace ccd::service
