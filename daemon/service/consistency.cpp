// Whether the jobs in memory fit together, and fit what others know of them.
//
// What was changed in a batch that is not committed yet is known here alone, and is no difference.
#include <algorithm>
#include <array>

#include "daemon/service/jobs.h"
#include "daemon/service/reason.h"

namespace ccd::service {
namespace {

std::string words(job::State state, std::uint32_t attempt) {
    return std::string{to_string(state)} + ", attempt " + std::to_string(attempt);
}

constexpr const char* restart_hint = "; a restart of ccd takes what is on disk";

// A row and the job that it is of.
void compare_one(const store::JobRow& row, const store::JobRow& kept, Findings& findings) {
    const auto& there = row.progress;
    const auto& here = kept.progress;
    auto differs = [&](const std::string& on_disk, const std::string& in_memory) {
        findings.add(
            "jobs", name_of(row.id),
            "it is " + on_disk + " on disk, and " + in_memory + " in memory" + restart_hint);
    };
    if (there.state != here.state || there.attempt != here.attempt)
        differs(words(there.state, there.attempt), words(here.state, here.attempt));
    if (there.priority != here.priority)
        differs("of priority " + std::to_string(there.priority),
                "of priority " + std::to_string(here.priority));
    if (there.run->ending != here.run->ending || there.retries_left != here.retries_left)
        differs("to end otherwise", "to be tried " + std::to_string(here.retries_left) + " times");
}

}  // namespace

// All that can be told without a look at each job.
void Jobs::inspect(Findings& findings, Now now) {
    inspect_counters(findings);
    std::vector<const store::JobRow*> rows;
    for (const auto& [id, since] : alive_) {
        auto job = jobs_.find(id);
        if (job == jobs_.end()) {
            findings.add("counters", name_of(id), "it counts as alive, and there is no such job");
            continue;
        }
        const auto& row = job->second.row;
        rows.push_back(&row);
        const auto* held = ledger_.holding(id);
        if (held != nullptr && held->cards == row.progress.run->gpus) continue;
        if (findings.is_repairing()) {
            ledger_.give_back(id);
            ledger_.take(id, demand_of(row), row.progress.run->gpus, now.time);
        }
        findings.add("ledger", name_of(id),
                     held == nullptr ? "it is alive, and nothing is kept for it"
                                     : "other cards are kept for it than it has",
                     findings.is_repairing());
    }
    for (auto id : ledger_.holders()) {
        if (alive_.contains(id)) continue;
        if (findings.is_repairing()) ledger_.give_back(id);
        findings.add("ledger", name_of(id), "something is kept for it, and it is not alive",
                     findings.is_repairing());
    }
    for (const auto& what : ledger_.differences()) findings.add("ledger", "this machine", what);
    pools_.compare(rows, findings);
}

void Jobs::inspect_counters(Findings& findings) const {
    std::array<std::uint64_t, job::state_table.size()> alive{};
    for (const auto& [id, since] : alive_)
        if (auto job = jobs_.find(id); job != jobs_.end())
            ++alive[static_cast<std::size_t>(job->second.state())];
    for (auto state : {job::State::starting, job::State::running}) {
        auto at = static_cast<std::size_t>(state);
        if (count_[at] != alive[at])
            findings.add("counters", std::string{to_string(state)},
                         std::to_string(count_[at]) + " are counted, and there are " +
                             std::to_string(alive[at]) + restart_hint);
    }
    // Those whose end is not on disk yet count as ended, and are still here.
    std::uint64_t unfinished = 0;
    for (const auto& row : job::state_table)
        if (!job::is_final(row.value)) unfinished += count_[static_cast<std::size_t>(row.value)];
    if (unfinished + finished_.size() != jobs_.size())
        findings.add("counters", "unfinished",
                     std::to_string(unfinished) + " are counted, and there are " +
                         std::to_string(jobs_.size() - std::min(jobs_.size(), finished_.size())) +
                         restart_hint);
}

std::uint64_t Jobs::compare_page(const store::Answer& page, job::Id before,
                                 store::BatchId committed, Findings& findings) {
    auto from = page.is_partial ? page.next : 0;
    auto row = page.jobs.rbegin();
    auto job = jobs_.lower_bound(from);
    std::uint64_t seen = 0;
    std::set<store::EnvironmentId> missing;  // that are put back
    auto is_in_range = [&] { return job != jobs_.end() && job->first < before; };
    while (row != page.jobs.rend() || is_in_range()) {
        ++seen;
        auto is_only_here = is_in_range() && (row == page.jobs.rend() || job->first < row->id);
        if (is_only_here) {
            const auto& kept = job->second;
            auto is_settled = kept.is_committed && kept.changed_in <= committed;
            if (is_settled && !job::is_final(kept.state()))
                findings.add("jobs", name_of(job->first),
                             "it is " + words(kept.state(), kept.row.progress.attempt) +
                                 " in memory, and not on disk" + restart_hint);
            ++job;
        } else if (!is_in_range() || row->id < job->first) {
            findings.add("jobs", name_of(row->id),
                         "it is " + words(row->progress.state, row->progress.attempt) +
                             " on disk, and not in memory" + restart_hint);
            ++row;
        } else {
            if (job->second.changed_in <= committed) compare_one(*row, job->second.row, findings);
            compare_environment(*row, job->second, committed, missing, findings);
            ++row;
            ++job;
        }
    }
    return seen;
}

// A row whose environment is missing reads as one without.
void Jobs::compare_environment(const store::JobRow& row, const Job& job, store::BatchId committed,
                               std::set<store::EnvironmentId>& missing, Findings& findings) {
    auto id = job.row.environment;
    if (job.changed_in > committed || id == 0) return;
    auto found = environments_.find(id);
    auto name = "environment " + std::to_string(id) + " of " + name_of(row.id);
    if (found == environments_.end() || found->second.users == 0)
        return findings.add("environments", name,
                            found == environments_.end()
                                ? "it is not in memory" + std::string{restart_hint}
                                : "nobody counts as having it");
    if (row.environment == id) return;
    auto is_repaired = findings.is_repairing() && row.environment == 0;
    if (is_repaired && missing.insert(id).second)
        decisions_.batch.add(store::EnvironmentRow{.id = id, .body = found->second.body});
    findings.add("environments", name, "it is not on disk", is_repaired);
}

void Jobs::compare_attempts(std::span<const Begun> begun, store::BatchId committed,
                            Findings& findings) {
    auto is_settled = [&](const Job& job) {
        return job.is_committed && job.changed_in <= committed;
    };
    std::set<std::pair<job::Id, std::uint32_t>> there;
    for (const auto& [id, attempt] : begun) {
        there.emplace(id, attempt);
        auto job = jobs_.find(id);
        if (job != jobs_.end() &&
            (job->second.row.progress.attempt == attempt && alive_.contains(id)))
            continue;
        if (job != jobs_.end() && !is_settled(job->second)) continue;
        if (findings.is_repairing()) decisions_.effects.emplace_back(StopAttempt{id, attempt});
        findings.add("attempts", name_of(id),
                     "attempt " + std::to_string(attempt) + " runs, and nobody has it",
                     findings.is_repairing());
    }
    for (const auto& [id, since] : alive_) {
        auto job = jobs_.find(id);
        if (job == jobs_.end() || !is_settled(job->second)) continue;
        auto attempt = job->second.row.progress.attempt;
        if (there.contains({id, attempt})) continue;
        findings.add("attempts", name_of(id),
                     "it is " + words(job->second.state(), attempt) +
                         ", and the executor does not know it; a restart of ccd looks for it");
    }
}

void Jobs::compare_census(const std::vector<std::uint64_t>& finished, Findings& findings) const {
    for (const auto& row : job::state_table) {
        auto at = static_cast<std::size_t>(row.value);
        if (!job::is_final(row.value) || at >= finished.size() || finished[at] == count_[at])
            continue;
        findings.add("counters", std::string{row.name},
                     std::to_string(count_[at]) + " are counted in memory, and " +
                         std::to_string(finished[at]) + " on disk" + restart_hint);
    }
}

bool Jobs::drop_unused(store::EnvironmentId id) {
    if (environments_.contains(id)) return false;
    decisions_.batch.add(store::EnvironmentErase{.id = id});
    return true;
}

}  // namespace ccd::service
