#include "daemon/service/waits.h"

#include <algorithm>

namespace ccd::service {

void Waits::load() {
    by_job_.clear();
    for (auto& [ticket, waiter] : waiters_) {
        waiter.unfinished.clear();
        begin(ticket, waiter);
    }
}

Result<void> Waits::add(const Ticket& ticket, const Caller& caller,
                        const job::WaitRequest& request) {
    auto known = ids_of_.find(ticket.connection);
    auto ids = request.ids.size() + (known == ids_of_.end() ? 0 : known->second);
    if (ids > ids_limit)
        return failure(Errc::over_limit, "this connection would wait for " + std::to_string(ids) +
                                             " jobs; at most " + std::to_string(ids_limit) +
                                             " are allowed");
    auto [at, is_new] = waiters_.try_emplace(
        ticket, Waiter{.caller = caller, .request = request, .unfinished = {}});
    if (is_new) ids_of_[ticket.connection] = ids;
    begin(ticket, at->second);
    return {};
}

void Waits::begin(const Ticket& ticket, Waiter& waiter) {
    for (auto id : waiter.request.ids)
        if (const auto* job = jobs_.find(id); job != nullptr && !job::is_final(job->state()))
            waiter.unfinished.insert(id);
    for (auto id : waiter.unfinished) by_job_.emplace(id, ticket);
    // Those that are not here have ended, or were never there.
    auto is_here = [&](job::Id id) { return waiter.unfinished.contains(id); };
    if (!std::ranges::all_of(waiter.request.ids, is_here)) ask(ticket, waiter);
}

void Waits::ask(const Ticket& ticket, const Waiter& waiter) {
    decisions_.effects.emplace_back(
        Ask{.ticket = ticket,
            .caller = waiter.caller,
            .query = store::JobsById{.ids = waiter.request.ids, .command_limit = command_limit},
            .purpose = AskWait{}});
}

void Waits::ended(const std::vector<job::Id>& jobs) {
    for (auto id : jobs) {
        auto at = by_job_.lower_bound({id, Ticket{}});
        while (at != by_job_.end() && at->first == id) {
            auto waiter = waiters_.find(at->second);
            at = by_job_.erase(at);
            waiter->second.unfinished.erase(id);
            if (waiter->second.request.any || waiter->second.unfinished.empty())
                ask(waiter->first, waiter->second);
        }
    }
}

Result<std::optional<std::vector<store::JobRow>>> Waits::settle(const Ticket& ticket,
                                                                store::Answer answer,
                                                                bool may_ask) {
    auto at = waiters_.find(ticket);
    if (at == waiters_.end()) return std::optional<std::vector<store::JobRow>>{};
    const auto& request = at->second.request;
    for (auto id : request.ids)
        if (std::ranges::find(answer.jobs, id, &store::JobRow::id) == answer.jobs.end()) {
            erase(at);
            return tl::unexpected{jobs_.missing(id)};
        }
    auto has_ended = [](const store::JobRow& row) { return job::is_final(row.progress.state); };
    auto is_over = request.any ? std::ranges::any_of(answer.jobs, has_ended)
                               : std::ranges::all_of(answer.jobs, has_ended);
    if (!is_over) {
        wait_on(ticket, at->second, answer, may_ask);
        return std::optional<std::vector<store::JobRow>>{};
    }
    erase(at);
    return std::optional{std::move(answer.jobs)};
}

// Of those that the store did not call ended, each end is still to come, and is watched for; or it
// has come since the store was asked, and it is asked once more.
void Waits::wait_on(const Ticket& ticket, Waiter& waiter, const store::Answer& answer,
                    bool may_ask) {
    bool is_old = false;
    for (const auto& row : answer.jobs) {
        if (job::is_final(row.progress.state) || waiter.unfinished.contains(row.id)) continue;
        const auto* job = jobs_.find(row.id);
        if (job == nullptr || job::is_final(job->state())) {
            is_old = true;
            continue;
        }
        waiter.unfinished.insert(row.id);
        by_job_.emplace(row.id, ticket);
    }
    if (is_old && may_ask) ask(ticket, waiter);
}

void Waits::erase(std::map<Ticket, Waiter>::iterator waiter) {
    for (auto id : waiter->second.unfinished) by_job_.erase({id, waiter->first});
    auto ids = ids_of_.find(waiter->first.connection);
    ids->second -= waiter->second.request.ids.size();
    if (ids->second == 0) ids_of_.erase(ids);
    waiters_.erase(waiter);
}

void Waits::forget(const Ticket& ticket) {
    if (auto at = waiters_.find(ticket); at != waiters_.end()) erase(at);
}

void Waits::forget(std::uint64_t connection) {
    auto at = waiters_.lower_bound(Ticket{.connection = connection});
    while (at != waiters_.end() && at->first.connection == connection) erase(at++);
}

}  // namespace ccd::service
