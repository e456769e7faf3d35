// What the owners of jobs ask of them once they are there.
#include <algorithm>

#include "daemon/service/jobs.h"
#include "daemon/service/transitions.h"

namespace ccd::service {
namespace {

Error is_not(const store::JobRow& row, std::string_view what) {
    return {.code = Errc::conflict,
            .message = "job " + std::to_string(row.id) + " is " +
                       std::string{to_string(row.progress.state)} + "; " + std::string{what}};
}

Error of_another(const store::JobRow& row) {
    return {
        .code = Errc::denied,
        .message = "job " + std::to_string(row.id) + " belongs to uid " + std::to_string(row.uid)};
}

}  // namespace

Result<std::vector<Job*>> Jobs::choose(const std::vector<job::Id>& ids, const Caller& caller) {
    std::vector<Job*> chosen;
    for (auto id : ids) {
        auto* job = find_mutable(id);
        auto name = "job " + std::to_string(id);
        if (job == nullptr && (id == 0 || id > last_id_ || jobs_.contains(id)))
            return failure(Errc::not_found, "there is no " + name);
        if (job == nullptr || job::is_final(job->state()))
            return failure(Errc::conflict, name + " has ended already");
        if (!owns(caller, job->row.uid)) return tl::unexpected{of_another(job->row)};
        if (std::ranges::find(chosen, job) == chosen.end()) chosen.push_back(job);
    }
    return chosen;
}

Result<void> Jobs::cancel(const job::CancelRequest& request, const Caller& caller, Now now) {
    auto chosen = CCD_TRY(choose(request.ids, caller));
    auto reason = "cancelled by uid " + std::to_string(caller.uid);
    if (request.reason) reason += ": " + *request.reason;
    for (auto* job : chosen) {
        if (job::is_alive(job->state()))
            stop(*job, store::Ending::cancel, reason);
        else if (!job::is_final(job->state()))  // one of the others may have taken it along
            move(*job, job::State::cancelled, reason, now);
    }
    return {};
}

Result<void> Jobs::hold(const job::IdsRequest& request, const Caller& caller, Now now) {
    auto chosen = CCD_TRY(choose(request.ids, caller));
    for (auto* job : chosen)
        if (job->state() != job::State::held && !may_follow(job->state(), job::State::held))
            return tl::unexpected{is_not(job->row, "only waiting jobs can be held")};
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

Result<void> Jobs::signal(job::Id id, int signal, const Caller& caller) {
    const auto& job = *CCD_TRY(choose({id}, caller)).front();
    if (job.state() != job::State::running)
        return tl::unexpected{is_not(job.row, "only a running job can be sent a signal")};
    decisions_.effects.emplace_back(SignalAttempt{id, job.row.progress.attempt, signal});
    return {};
}

Result<store::JobRow> Jobs::may_edit(job::Id id, const Caller& caller) {
    const auto& job = *CCD_TRY(choose({id}, caller)).front();
    if (job::is_alive(job.state()))
        return tl::unexpected{is_not(job.row, "only a job that waits can be changed")};
    return job.row;
}

Result<void> Jobs::edit(store::JobRow row, const Caller& caller, Now now) {
    CCD_TRY(may_edit(row.id, caller));
    auto& job = jobs_.at(row.id);
    CCD_TRY(ledger_.can_ever(demand_of(row)));
    leave_line(job);
    recount_text(job.row, row);
    job.row = std::move(row);
    job.change_in(decisions_.batch_id);
    decisions_.batch.add(store::JobEdit{job.row});
    line_up(job, now);
    return {};
}

Result<void> Jobs::check_ended(job::Id id, const Caller& caller) const {
    auto job = jobs_.find(id);
    if (job == jobs_.end()) return {};
    if (!owns(caller, job->second.row.uid)) return tl::unexpected{of_another(job->second.row)};
    return tl::unexpected{is_not(job->second.row, "only a job that has ended can be tried again")};
}

Result<void> Jobs::check_retry(const store::JobRow& row, const Caller& caller) const {
    CCD_TRY(check_ended(row.id, caller));
    if (std::ranges::find(pruned_, row.id, &std::pair<store::BatchId, job::Id>::second) !=
        pruned_.end())
        return tl::unexpected{missing(row.id)};
    if (!job::is_final(row.progress.state))
        return tl::unexpected{is_not(row, "only a job that has ended can be tried again")};
    if (!owns(caller, row.uid)) return tl::unexpected{of_another(row)};
    return ledger_.can_ever(demand_of(row));
}

Result<void> Jobs::retry(const std::vector<store::JobRow>& rows, const std::string& environment,
                         const Caller& caller, Now now) {
    for (const auto& row : rows) {
        CCD_TRY(check_retry(row, caller));
        CCD_TRY(check_usage(row, environment, static_cast<std::uint32_t>(rows.size())));
    }
    for (const auto& row : rows) {
        auto [at, is_new] = jobs_.try_emplace(row.id);
        if (!is_new) continue;  // it is named twice
        auto& job = at->second;
        job.row = row;
        job.is_committed = true;
        job.row.environment = keep_environment(environment);
        auto& progress = job.row.progress;
        progress = {.state = progress.state,
                    .priority = progress.priority,
                    .attempt = progress.attempt,
                    .retries_left = row.options->max_retries};
        add_usage(job.row);
        move(job, job::State::queued, "", now);
        for (auto id : dependencies_.begun_again(row.id)) leave_line(jobs_.at(id));
        decisions_.batch.add(store::JobEdit{job.row});
    }
    return {};
}

}  // namespace ccd::service
