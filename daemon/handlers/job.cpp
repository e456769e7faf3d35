#include <algorithm>

#include "daemon/handlers/ask.h"
#include "daemon/handlers/handlers.h"
#include "daemon/handlers/view.h"
#include "daemon/handlers/word.h"

namespace ccd::handlers {
namespace {

constexpr std::size_t status_limit =
    500;  // jobs in a reply to a request without ids; the rest is counted
constexpr std::uint32_t page_limit = 1'000;

Result<std::optional<std::uint32_t>> find_user(const std::optional<std::string>& name,
                                               const Context& context) {
    if (!name) return std::optional<std::uint32_t>{};
    auto uid = context.host.find_user(*name);
    if (!uid) return failure(Errc::not_found, "there is no user '" + *name + "'");
    return uid;
}

// Those that run first.
job::PageReply unfinished(Context& context) {
    const auto& jobs = context.service.jobs;
    std::vector<const store::JobRow*> rows;
    for (const auto& [id, since] : jobs.alive())
        if (rows.size() < status_limit) rows.push_back(&jobs.find(id)->row);
    for (const auto& [id, job] : jobs.all()) {
        if (rows.size() >= status_limit) break;
        if (job.is_committed && !job::is_final(job.state()) && !jobs.alive().contains(id))
            rows.push_back(&job.row);
    }
    auto stats = jobs.stats(context.now);
    return {.jobs = views_of(rows, context),
            .total = stats.held + stats.queued + stats.starting + stats.running + stats.retrying};
}

}  // namespace

Result<std::optional<job::PageReply>> handle(job::Status, Context& context,
                                             const job::IdsRequest& request) {
    if (request.ids.empty()) return std::optional{unfinished(context)};
    CCD_TRY(check_ids(request.ids));
    std::vector<const store::JobRow*> rows;
    for (auto id : request.ids) {
        const auto* job = context.service.jobs.find(id);
        // The store knows the finished ones, and those that never were.
        if (job == nullptr)
            return ask<job::PageReply>(context, next_part(request.ids, 0),
                                       service::AskStatus{.request = request, .found = {}});
        rows.push_back(&job->row);
    }
    return std::optional{
        job::PageReply{.jobs = views_of(rows, context), .total = request.ids.size()}};
}

Result<std::optional<job::PageReply>> handle(job::List, Context& context,
                                             const job::ListRequest& request) {
    if (request.limit == 0 || request.limit > page_limit)
        return failure(Errc::bad_request,
                       "the limit must be from 1 to " + std::to_string(page_limit));
    const auto uid = CCD_TRY(find_user(request.user, context));
    store::JobPage page{.states = request.state,
                        .uid = uid,
                        .tag = request.tag.value_or(""),
                        .limit = request.limit,
                        .before = request.before};
    return ask<job::PageReply>(context, next_part(page, 0),
                               service::AskList{.page = page, .found = {}});
}

Result<std::optional<job::LogsReply>> handle(job::Logs, Context& context,
                                             const job::LogsRequest& request) {
    return ask<job::LogsReply>(context, store::JobsById{{request.id}}, service::AskLogs{request});
}

Result<std::optional<job::JobsReply>> handle(job::Wait, Context& context,
                                             const job::WaitRequest& request) {
    CCD_TRY(check_ids(request.ids));
    CCD_TRY(context.service.waits.add(context.ticket, context.caller, request));
    return std::optional<job::JobsReply>{};
}

Result<std::optional<job::WhyReply>> handle(job::Why, Context& context,
                                            const job::WhyRequest& request) {
    const auto& jobs = context.service.jobs;
    const auto* job = jobs.find(request.id);
    if (job == nullptr)
        return ask<job::WhyReply>(context, store::JobsById{{request.id}}, service::AskWhy{request});
    job::WhyReply reply{.id = request.id,
                        .state = job->state(),
                        .reason = views_of({&job->row}, context).front().reason,
                        .blockers = context.service.blockers(*job, context.now)};
    if (job->is_in_line) reply.position = jobs.position(*job, context.now);
    reply.estimate = jobs.estimate(*job, context.now);
    return std::optional{std::move(reply)};
}

Result<std::optional<job::Event>> handle(job::Events, Context& context,
                                         const job::EventsRequest& request) {
    const auto uid = CCD_TRY(find_user(request.user, context));
    // Each state once: they are kept as long as somebody follows.
    auto states = request.state;
    std::ranges::sort(states);
    states.erase(std::ranges::unique(states).begin(), states.end());
    store::EventFilter filter{.job = request.job, .uid = uid, .states = std::move(states)};
    CCD_TRY(context.service.events.subscribe(context.ticket, std::move(filter), request.since,
                                             context.now));
    return std::optional<job::Event>{};
}

}  // namespace ccd::handlers
