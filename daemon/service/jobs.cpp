#include "daemon/service/jobs.h"

#include <algorithm>
#include <cassert>
#include <ranges>

#include "daemon/service/reason.h"
#include "daemon/service/transitions.h"

namespace ccd::service {
namespace {

constexpr std::chrono::seconds rate_window{60};

std::size_t at(job::State state) {
    return static_cast<std::size_t>(state);
}

bool is_alive(job::State state) {
    return state == job::State::starting || state == job::State::running;
}

Rank rank_of(const Job& job) {
    return {job.row.progress.priority, job.row.id};
}

// What a job holds in memory beside its environment.
std::size_t text_of(const store::JobRow& row) {
    auto size =
        row.argv.size() + row.cwd.size() + row.name.size() + row.key.size() + row.stdin_file.size();
    for (const auto* words : {&row.gpu, &row.tags})
        for (const auto& word : *words) size += word.size();
    return size;
}

// Whether two submits ask for the same, their environments aside: those are scrubbed.
bool same_request(store::JobRow a, const store::JobRow& b) {
    a.id = b.id;
    a.submitted_at = b.submitted_at;
    a.environment = b.environment;
    a.progress = b.progress;
    return a == b;
}

Result<void> check_same(const store::JobRow& asked, const store::JobRow& known) {
    if (same_request(asked, known)) return {};
    return failure(Errc::conflict, "key '" + asked.key + "' belongs to job " +
                                       std::to_string(known.id) +
                                       ", which was submitted with another request");
}

}  // namespace

Demand demand_of(const store::JobRow& row) {
    return Demand{.job_class = row.job_class,
                  .gpu_count = row.gpu_count,
                  .exclusive = row.exclusive,
                  .vram = row.vram,
                  .cpus = row.cpus,
                  .memory = row.memory,
                  .gpu = row.gpu};
}

void Jobs::load(store::Snapshot snapshot, Now now) {
    auto known = std::exchange(jobs_, {});
    for (const auto& [id, job] : known) ledger_.give_back(id);
    waiting_ = {};
    keys_ = {};
    environment_ids_.clear();
    environments_.clear();
    created_.clear();
    finished_.clear();
    ended_.clear();
    deadlines_.clear();
    usage_.clear();
    alive_.clear();
    fresh_.clear();
    count_.fill(0);
    for (std::size_t i = 0; i < std::min(count_.size(), snapshot.finished_by_state.size()); ++i)
        count_[i] = snapshot.finished_by_state[i];
    last_id_ = snapshot.last_job;
    last_environment_ = snapshot.last_environment;
    for (auto& row : snapshot.environments) environments_[row.id].body = std::move(row.body);
    for (const auto& [id, kept] : environments_) environment_ids_.emplace(kept.body, id);
    for (const auto& finished : snapshot.finished_keys)
        keys_.add(finished.uid, finished.key, finished.id);
    for (auto& row : snapshot.jobs) {
        auto before = known.find(row.id);
        load_job(std::move(row), before == known.end() ? nullptr : &before->second, now);
    }
    must_offer_ = true;
}

void Jobs::load_job(store::JobRow row, const Job* known, Now now) {
    auto id = row.id;
    auto& job = jobs_[id];
    job.row = std::move(row);
    job.is_committed = true;
    ++count_[at(job.state())];
    add_usage(job.row);
    if (!job.row.key.empty()) keys_.add(job.row.uid, job.row.key, id);
    if (job.state() == job::State::queued) enqueue(job);
    if (!is_alive(job.state())) return;
    alive_.insert(id);
    ledger_.take(id, demand_of(job.row), job.row.progress.gpus);
    // What was measured counts on: the calendar may have been set meanwhile. An earlier daemon's
    // job is as old as the calendar says.
    auto is_known = known != nullptr && known->row.progress.attempt == job.row.progress.attempt &&
                    known->state() == job::State::running;
    auto ran = now.wall - job.row.progress.started_at.value_or(now.wall);
    job.running_since = is_known ? known->running_since : now.time - ran;
}

Result<std::optional<Submitted>> Jobs::known(const store::JobRow& row) {
    for (auto id : keys_.find(row.uid, row.key)) {
        auto job = jobs_.find(id);
        if (job == jobs_.end()) return std::optional<Submitted>{};
        if (job->second.row.key != row.key || job->second.row.uid != row.uid) continue;
        CCD_TRY(check_same(row, job->second.row));
        return std::optional{
            Submitted{.id = id, .created = false, .batch = job->second.changed_in}};
    }
    return failure(Errc::not_found, "no job has the key");
}

Result<std::optional<Submitted>> Jobs::submit(store::JobRow row, std::string environment,
                                              const Ticket& ticket, const Caller& caller, Now now) {
    if (!row.key.empty()) {
        auto job = known(row);
        if (job && !*job) {
            decisions_.effects.emplace_back(
                Ask{.ticket = ticket,
                    .caller = caller,
                    .query = store::JobsById{keys_.find(row.uid, row.key)},
                    .purpose = AskSubmit{std::move(row), std::move(environment)}});
            return job;
        }
        if (job || job.error().code != Errc::not_found) return job;
    }
    return std::optional{CCD_TRY(create(std::move(row), environment, now))};
}

Result<Submitted> Jobs::submit_checked(AskSubmit ask, const store::Answer& answer, Now now) {
    for (const auto& row : answer.jobs) {
        if (row.key != ask.row.key || row.uid != ask.row.uid) continue;
        CCD_TRY(check_same(ask.row, row));
        return Submitted{.id = row.id, .created = false};
    }
    // Meanwhile the same key may have come again.
    auto job = known(ask.row);
    if (job && *job) return **job;
    if (!job && job.error().code != Errc::not_found) return tl::unexpected{job.error()};
    return create(std::move(ask.row), ask.environment, now);
}

Result<void> Jobs::check_usage(const store::JobRow& row, const std::string& environment) const {
    auto found = usage_.find(row.uid);
    if (found == usage_.end()) return {};
    auto who = "uid " + std::to_string(row.uid) + " has ";
    const auto& usage = found->second;
    if (usage.jobs >= config_.max_queued_per_user)
        return failure(Errc::over_limit, who + std::to_string(usage.jobs) +
                                             " unfinished jobs, as many as it may "
                                             "(jobs.max_queued_per_user)");
    auto more = text_of(row) + (environment_ids_.contains(environment) ? 0 : environment.size());
    if (usage.text.count + more > config_.max_text_per_user.count)
        return failure(Errc::over_limit,
                       who + std::to_string(usage.text.count) +
                           " bytes of commands and environments in unfinished jobs; at most " +
                           std::to_string(config_.max_text_per_user.count) + " are allowed");
    return {};
}

void Jobs::add_usage(const store::JobRow& row) {
    auto& usage = usage_[row.uid];
    ++usage.jobs;
    usage.text.count += text_of(row);
    auto found = environments_.find(row.environment);
    if (found == environments_.end()) return;
    auto& environment = found->second;
    if (environment.users++ > 0) return;
    environment.uid = row.uid;
    usage.text.count += environment.body.size();
}

void Jobs::remove_usage(const store::JobRow& row) {
    auto& usage = usage_[row.uid];
    --usage.jobs;
    usage.text.count -= text_of(row);
    drop_environment(row.environment);
    std::erase_if(usage_, [](const auto& entry) {
        return entry.second.jobs == 0 && entry.second.text.count == 0;
    });
}

Result<Submitted> Jobs::create(store::JobRow row, const std::string& environment, Now now) {
    CCD_TRY(ledger_.can_ever(demand_of(row)));
    CCD_TRY(check_usage(row, environment));
    auto [named, is_new] = environment_ids_.try_emplace(environment, last_environment_ + 1);
    if (is_new) {
        // The key must look into the string that is kept.
        auto id = named->second;
        environment_ids_.erase(named);
        last_environment_ = id;
        auto& kept = environments_[id];
        kept.body = environment;
        named = environment_ids_.emplace(kept.body, id).first;
        decisions_.batch.add(store::EnvironmentRow{.id = id, .body = environment});
    }
    row.environment = named->second;
    row.id = ++last_id_;
    row.submitted_at = now.wall;

    auto& job = jobs_[row.id];
    job.row = std::move(row);
    job.changed_in = decisions_.batch_id;
    decisions_.batch.add(job.row);
    tell(job, {.time = now.wall, .job = job.row.id, .to = job.state()});
    if (!job.row.key.empty()) keys_.add(job.row.uid, job.row.key, job.row.id);
    ++count_[at(job.state())];
    add_usage(job.row);
    created_.emplace_back(decisions_.batch_id, job.row.id);

    auto second = std::chrono::floor<std::chrono::seconds>(now.time);
    if (submits_.empty() || submits_.back().first != second) submits_.emplace_back(second, 0);
    ++submits_.back().second;
    while (submits_.front().first + rate_window < now.time) submits_.pop_front();
    return Submitted{.id = job.row.id, .created = true, .batch = job.changed_in};
}

void Jobs::forget(const store::JobRow& row) {
    if (!row.key.empty()) keys_.remove(row.uid, row.key, row.id);
    --count_[at(row.progress.state)];
}

void Jobs::committed(store::BatchId batch) {
    for (; !created_.empty() && created_.front().first <= batch; created_.pop_front()) {
        auto job = jobs_.find(created_.front().second);
        if (job == jobs_.end()) continue;
        job->second.is_committed = true;
        if (job->second.state() == job::State::queued) enqueue(job->second);
    }
    for (; !finished_.empty() && finished_.front().first <= batch; finished_.pop_front())
        jobs_.erase(finished_.front().second);
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

Result<std::vector<Job*>> Jobs::choose(const std::vector<job::Id>& ids, const Caller& caller) {
    std::vector<Job*> chosen;
    for (auto id : ids) {
        auto* job = find_mutable(id);
        auto name = "job " + std::to_string(id);
        if (job == nullptr && (id == 0 || id > last_id_ || jobs_.contains(id)))
            return failure(Errc::not_found, "there is no " + name);
        if (job == nullptr || job::is_final(job->state()))
            return failure(Errc::conflict, name + " has ended already");
        if (!owns(caller, job->row.uid))
            return failure(Errc::denied, name + " belongs to uid " + std::to_string(job->row.uid));
        if (std::ranges::find(chosen, job) == chosen.end()) chosen.push_back(job);
    }
    return chosen;
}

Result<void> Jobs::cancel(const job::CancelRequest& request, const Caller& caller, Now now) {
    auto chosen = CCD_TRY(choose(request.ids, caller));
    auto reason = "cancelled by uid " + std::to_string(caller.uid);
    if (request.reason) reason += ": " + *request.reason;
    for (auto* job : chosen) {
        if (is_alive(job->state()))
            stop(*job, store::Ending::cancel, reason, now);
        else
            move(*job, job::State::cancelled, reason, now);
    }
    return {};
}

Result<void> Jobs::hold(const job::IdsRequest& request, const Caller& caller, Now now) {
    auto chosen = CCD_TRY(choose(request.ids, caller));
    for (auto* job : chosen)
        if (job->state() != job::State::held && !may_follow(job->state(), job::State::held))
            return failure(Errc::conflict, "job " + std::to_string(job->row.id) + " is " +
                                               std::string{to_string(job->state())} +
                                               "; only waiting jobs can be held");
    for (auto* job : chosen)
        if (job->state() == job::State::queued) move(*job, job::State::held, "", now);
    return {};
}

Result<void> Jobs::release(const job::IdsRequest& request, const Caller& caller, Now now) {
    auto chosen = CCD_TRY(choose(request.ids, caller));
    for (auto* job : chosen)
        if (job->state() == job::State::held) move(*job, job::State::queued, "", now);
    return {};
}

void Jobs::move(Job& job, job::State to, std::string reason, Now now) {
    auto from = job.state();
    assert(may_follow(from, to));
    if (from == job::State::queued) dequeue(job);
    --count_[at(from)];
    ++count_[at(to)];
    if (is_alive(to))
        alive_.insert(job.row.id);
    else
        alive_.erase(job.row.id);
    auto& progress = job.row.progress;
    progress.state = to;
    progress.reason = std::move(reason);
    if (job::is_final(to) && !progress.finished_at) progress.finished_at = now.wall;
    job::Event event{.time = now.wall, .job = job.row.id, .from = from, .to = to};
    if (progress.attempt > 0) event.attempt = progress.attempt;
    if (auto why = public_reason(progress); !why.empty()) event.reason = std::move(why);
    tell(job, std::move(event));
    write(job);
    if (to == job::State::queued) enqueue(job);
    if (job::is_final(to)) finish(job);
}

void Jobs::tell(const Job& job, job::Event event) {
    if (config_.has_journal)
        decisions_.effects.emplace_back(Note{.event = event,
                                             .uid = job.row.uid,
                                             .exit_code = job.row.progress.exit_code,
                                             .signal = job.row.progress.signal});
    events_.add(std::move(event));
}

void Jobs::write(Job& job) {
    job.changed_in = decisions_.batch_id;
    decisions_.batch.add(store::ProgressWrite{.id = job.row.id, .progress = job.row.progress});
}

void Jobs::finish(const Job& job) {
    ended_.push_back(job.row.id);
    finished_.emplace_back(decisions_.batch_id, job.row.id);
    remove_usage(job.row);
}

// Nobody needs it any more: secrets do not outlive the jobs they were for.
void Jobs::drop_environment(store::EnvironmentId id) {
    auto found = environments_.find(id);
    if (found == environments_.end() || --found->second.users > 0) return;
    usage_[found->second.uid].text.count -= found->second.body.size();
    environment_ids_.erase(found->second.body);
    environments_.erase(found);
    decisions_.batch.add(store::EnvironmentErase{.id = id});
}

void Jobs::enqueue(const Job& job) {
    waiting_.add(rank_of(job), demand_of(job.row));
    fresh_.insert(rank_of(job));
}

void Jobs::dequeue(const Job& job) {
    waiting_.remove(rank_of(job), demand_of(job.row));
    fresh_.erase(rank_of(job));
}

host::JobStats Jobs::stats(Now now) const {
    auto of = [&](job::State state) { return count_[at(state)]; };
    std::uint64_t recent = 0;
    for (const auto& [second, count] : submits_)
        if (second + rate_window >= now.time) recent += count;
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
            .submits_per_s = static_cast<double>(recent) / static_cast<double>(rate_window.count()),
            .wait = waited_.quantiles()};
}

}  // namespace ccd::service
