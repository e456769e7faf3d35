// Taking jobs: which are known already, which may never run, and what a user has here.
#include <algorithm>
#include <iterator>

#include "daemon/service/fingerprint.h"
#include "daemon/service/jobs.h"

namespace ccd::service {
namespace {

// Of one submit, all jobs of an array together: it is done in one turn, and one commit.
constexpr Bytes most_text = 64_MiB;
constexpr std::size_t most_others = 100'000;  // that its jobs wait for
// What it costs to wait for one.
constexpr std::size_t other_size = 64;

// How many jobs it becomes.
std::uint32_t count_of(const store::JobRow& row) {
    return std::max(row.array_size, 1U);
}

// What a job holds in memory beside its environment, in bytes.
std::size_t text_of(const store::JobRow& row) {
    const auto& more = *row.options;
    auto size = row.argv.size() + row.cwd.size() + row.name.size() + row.key.size() +
                row.pool.size() + more.stdin_file.size();
    for (const auto* words : {&more.gpu, &more.tags, &more.properties})
        for (const auto& word : *words) size += word.size();
    return size + (more.after.size() + more.after_any.size()) * other_size;
}

Result<void> check_size(const store::JobRow& row, std::uint32_t count) {
    auto of_all = [&](std::string_view what, std::size_t each, std::size_t most) -> Result<void> {
        if (each * count <= most) return {};
        return failure(Errc::over_limit,
                       "the " + std::string{what} + " of the " + std::to_string(count) +
                           " jobs are " + std::to_string(each * count) + " together; at most " +
                           std::to_string(most) + " are allowed: submit fewer at once");
    };
    const auto& more = *row.options;
    CCD_TRY(of_all("others to wait for", more.after.size() + more.after_any.size(), most_others));
    return of_all("bytes of command, names and tags", text_of(row), most_text.count);
}

// What the job of a known key says to a submit that has it.
Result<Submitted> again(const store::JobRow& asked, const store::JobRow& known,
                        store::BatchId changed_in) {
    // One that was kept before requests were counts as the same.
    if (asked.request == known.request || known.request == 0)
        return Submitted{
            .id = known.id, .created = false, .batch = changed_in, .count = known.array_size};
    return failure(Errc::conflict, "key '" + asked.key.string() + "' belongs to job " +
                                       std::to_string(known.id) +
                                       ", which was submitted with another request");
}

}  // namespace

// The job of its key, where that is in memory. Else it may be one of these, which have ended: their
// rows decide.
Result<std::optional<Submitted>> Jobs::known(const store::JobRow& row,
                                             std::vector<job::Id>& ended) const {
    if (row.key.empty()) return std::optional<Submitted>{};
    for (auto id : keys_.find(row.uid, row.key)) {
        auto job = jobs_.find(id);
        if (job == jobs_.end()) {
            ended.push_back(id);
            continue;
        }
        if (job->second.row.key != row.key || job->second.row.uid != row.uid) continue;
        return std::optional{CCD_TRY(again(row, job->second.row, job->second.changed_in))};
    }
    return std::optional<Submitted>{};
}

// The jobs it waits for that are not in memory: they have ended.
Result<void> Jobs::find_ended_others(const store::JobRow& row, std::vector<job::Id>& ended) const {
    for (const auto* others : {&row.options->after, &row.options->after_any})
        for (auto id : *others) {
            if (id == 0 || id > last_id_)
                return failure(Errc::not_found,
                               "there is no job " + std::to_string(id) + " to wait for");
            if (!jobs_.contains(id)) ended.push_back(id);
        }
    return {};
}

Result<std::optional<Submitted>> Jobs::submit(store::JobRow row, std::string environment,
                                              const Ticket& ticket, const Caller& caller, Now now) {
    return submit({.row = std::move(row), .environment = std::move(environment)}, ticket, caller,
                  now);
}

Result<std::optional<Submitted>> Jobs::submit(AskSubmit ask, const Ticket& ticket,
                                              const Caller& caller, Now now) {
    ask.row.request = fingerprint_of(ask.row);
    return take_or_ask(std::move(ask), {}, ticket, caller, now);
}

Result<std::optional<Submitted>> Jobs::submit_checked(AskSubmit ask, const store::Answer& answer,
                                                      const Ticket& ticket, const Caller& caller,
                                                      Now now) {
    const auto& row = ask.row;
    if (!row.key.empty())
        for (const auto& found : answer.jobs)
            if (found.key == row.key && found.uid == row.uid)
                return std::optional{CCD_TRY(again(row, found, 0))};
    return take_or_ask(std::move(ask), answer.jobs, ticket, caller, now);
}

// While the store was asked, others may have ended and left memory: then it is asked again.
Result<std::optional<Submitted>> Jobs::take_or_ask(AskSubmit ask,
                                                   std::span<const store::JobRow> finished,
                                                   const Ticket& ticket, const Caller& caller,
                                                   Now now) {
    std::vector<job::Id> ended;
    if (auto job = CCD_TRY(known(ask.row, ended))) return job;
    CCD_TRY(find_ended_others(ask.row, ended));
    std::ranges::sort(ended);
    auto again = std::ranges::unique(ended);
    ended.erase(again.begin(), again.end());
    if (std::ranges::includes(ask.asked, ended))
        return std::optional{CCD_TRY(create(std::move(ask), finished, now))};
    std::vector<job::Id> all;
    std::ranges::set_union(ask.asked, ended, std::back_inserter(all));
    ask.asked = all;
    decisions_.effects.emplace_back(
        Ask{.ticket = ticket,
            .caller = caller,
            .query = store::JobsById{.ids = std::move(all), .is_brief = true},
            .purpose = std::move(ask)});
    return std::optional<Submitted>{};
}

Result<void> Jobs::check_usage(const store::JobRow& row, const std::string& environment,
                               std::uint32_t count) const {
    auto found = usage_.find(row.uid);
    auto usage = found == usage_.end() ? Usage{} : found->second;
    auto who = "uid " + std::to_string(row.uid) + " has ";
    if (usage.jobs + std::uint64_t{count} > config_.max_queued_per_user)
        return failure(Errc::over_limit, who + std::to_string(usage.jobs) +
                                             " unfinished jobs, and asks for " +
                                             std::to_string(count) + " more; at most " +
                                             std::to_string(config_.max_queued_per_user) +
                                             " are allowed (jobs.max_queued_per_user)");
    auto more =
        count * text_of(row) + (environment_ids_.contains(environment) ? 0 : environment.size());
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

void Jobs::recount_text(const store::JobRow& before, const store::JobRow& after) {
    auto& text = usage_[before.uid].text.count;
    text = text - text_of(before) + text_of(after);
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

// Nobody needs it any more: secrets do not outlive the jobs they were for.
void Jobs::drop_environment(store::EnvironmentId id) {
    auto found = environments_.find(id);
    if (found == environments_.end() || --found->second.users > 0) return;
    usage_[found->second.uid].text.count -= found->second.body.size();
    erase_environment(id);
}

void Jobs::erase_environment(store::EnvironmentId id) {
    auto found = environments_.find(id);
    environment_ids_.erase(found->second.body);
    environments_.erase(found);
    decisions_.batch.add(store::EnvironmentErase{.id = id});
}

store::EnvironmentId Jobs::keep_environment(const std::string& environment) {
    auto [named, is_new] = environment_ids_.try_emplace(environment, last_environment_ + 1);
    if (!is_new) return named->second;
    // The key must look into the string that is kept.
    auto id = named->second;
    environment_ids_.erase(named);
    last_environment_ = id;
    auto& kept = environments_[id];
    kept.body = environment;
    environment_ids_.emplace(kept.body, id);
    decisions_.batch.add(store::EnvironmentRow{.id = id, .body = environment});
    return id;
}

Result<Submitted> Jobs::create(AskSubmit ask, std::span<const store::JobRow> finished, Now now) {
    auto& row = ask.row;
    auto count = count_of(row);
    CCD_TRY(ledger_.can_ever(demand_of(row)));
    CCD_TRY(check_size(row, count));
    CCD_TRY(check_usage(row, ask.environment, count));
    CCD_TRY(check_others(row, finished));
    CCD_TRY(check_followers(row, count));
    auto never = never_starts(row, finished);
    if (ask.is_dry_run && never) return failure(Errc::conflict, *never);
    if (ask.is_dry_run) return Submitted{.count = row.array_size};
    auto first = last_id_ + 1;
    row.environment = keep_environment(ask.environment);
    row.submitted_at = now.wall;
    row.progress.retries_left = row.options->max_retries;
    if (row.array_size > 0) row.array = first;
    for (std::uint32_t i = 0; i < count; ++i) {
        add(row, now);
        // The key is the array's, and the first job has it for all.
        row.key = {};
        ++row.array_index;
    }
    if (never)
        for (std::uint32_t i = 0; i < count; ++i)
            move(jobs_.at(first + i), job::State::failed, *never, now);
    count_submits(count, now);
    return Submitted{
        .id = first, .created = true, .batch = decisions_.batch_id, .count = row.array_size};
}

void Jobs::add(store::JobRow row, Now now) {
    row.id = ++last_id_;
    auto& job = jobs_[row.id];
    job.row = std::move(row);
    job.change_in(decisions_.batch_id);
    decisions_.batch.add(job.row);
    tell(job, {.time = now.wall, .job = job.row.id, .to = job.state()});
    if (!job.row.key.empty()) keys_.add(job.row.uid, job.row.key, job.row.id);
    ++count_[static_cast<std::size_t>(job.state())];
    add_usage(job.row);
    if (job::is_waiting(job.state())) follow_others(job.row);
    created_.emplace_back(decisions_.batch_id, job.row.id);
}

void Jobs::count_submits(std::uint32_t count, Now now) {
    auto second = std::chrono::floor<std::chrono::seconds>(now.time);
    if (submits_.empty() || submits_.back().first != second) submits_.emplace_back(second, 0);
    submits_.back().second += count;
    while (submits_.front().first + submit_rate_window < now.time) submits_.pop_front();
}

}  // namespace ccd::service
