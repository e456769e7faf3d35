#include <algorithm>
#include <charconv>

#include "daemon/handlers/handlers.h"
#include "daemon/handlers/view.h"

namespace ccd::handlers {
namespace {

constexpr std::size_t ids_limit = 1'000;
constexpr std::size_t status_limit = 500;  // jobs in one reply; the rest is counted
constexpr std::uint32_t page_limit = 1'000;

Result<void> check_ids(const std::vector<job::Id>& ids) {
    if (ids.empty()) return failure(Errc::bad_request, "no job is named");
    if (ids.size() > ids_limit)
        return failure(Errc::over_limit, std::to_string(ids.size()) + " jobs at once; at most " +
                                             std::to_string(ids_limit) + " are allowed");
    return {};
}

// Asks the store, and the reply follows.
template <class Reply>
std::optional<Reply> ask(Context& context, store::Query query, service::Purpose purpose) {
    context.service.decide(service::Ask{.ticket = context.ticket,
                                        .caller = context.caller,
                                        .query = std::move(query),
                                        .purpose = std::move(purpose)});
    return std::nullopt;
}

job::StatusReply unfinished(Context& context) {
    Page page;
    auto add = [&](bool alive) {
        for (const auto& [id, job] : context.service.jobs.all()) {
            auto is_alive =
                job.state() == job::State::starting || job.state() == job::State::running;
            if (!job.is_committed || job::is_final(job.state()) || is_alive != alive) continue;
            if (page.size() == status_limit || !page.add(view_of(job, context))) return false;
        }
        return true;
    };
    if (add(true)) add(false);
    auto stats = context.service.jobs.stats(context.now);
    return {.jobs = page.take(),
            .total = stats.held + stats.queued + stats.starting + stats.running + stats.retrying};
}

template <class Request>
Result<std::optional<job::JobsReply>> change(
    Context& context, const Request& request,
    Result<void> (service::Jobs::*verb)(const Request&, const service::Caller&, Now)) {
    CCD_TRY(check_ids(request.ids));
    auto* durable = CCD_TRY(context.durable());
    CCD_TRY((durable->jobs.*verb)(request, context.caller, context.now));
    return std::optional{jobs_reply(request.ids, context)};
}

}  // namespace

Result<std::optional<job::StatusReply>> handle(job::Status, Context& context,
                                               const job::IdsRequest& request) {
    if (request.ids.empty()) return std::optional{unfinished(context)};
    CCD_TRY(check_ids(request.ids));
    job::StatusReply reply{.total = request.ids.size()};
    for (auto id : request.ids) {
        const auto* job = context.service.jobs.find(id);
        // The store knows the finished ones, and those that never were.
        if (job == nullptr)
            return ask<job::StatusReply>(context, store::JobsById{request.ids},
                                         service::AskStatus{request});
        reply.jobs.push_back(view_of(*job, context));
    }
    return std::optional{std::move(reply)};
}

Result<std::optional<job::ListReply>> handle(job::List, Context& context,
                                             const job::ListRequest& request) {
    if (request.limit == 0 || request.limit > page_limit)
        return failure(Errc::bad_request,
                       "the limit must be from 1 to " + std::to_string(page_limit));
    store::JobPage page{.states = request.state,
                        .tag = request.tag.value_or(""),
                        .limit = request.limit,
                        .before = request.before};
    if (request.user) {
        page.uid = context.host.find_user(*request.user);
        if (!page.uid) return failure(Errc::not_found, "there is no user '" + *request.user + "'");
    }
    return ask<job::ListReply>(context, page, service::AskList{request, page});
}

Result<std::optional<job::LogsReply>> handle(job::Logs, Context& context,
                                             const job::LogsRequest& request) {
    return ask<job::LogsReply>(context, store::JobsById{{request.id}}, service::AskLogs{request});
}

Result<std::optional<job::JobsReply>> handle(job::Wait, Context& context,
                                             const job::WaitRequest& request) {
    CCD_TRY(check_ids(request.ids));
    context.service.waits.add(context.ticket, context.caller, request);
    return std::optional<job::JobsReply>{};
}

Result<std::optional<job::JobsReply>> handle(job::Cancel, Context& context,
                                             const job::CancelRequest& request) {
    return change(context, request, &service::Jobs::cancel);
}

Result<std::optional<job::JobsReply>> handle(job::Hold, Context& context,
                                             const job::IdsRequest& request) {
    return change(context, request, &service::Jobs::hold);
}

Result<std::optional<job::JobsReply>> handle(job::Release, Context& context,
                                             const job::IdsRequest& request) {
    return change(context, request, &service::Jobs::release);
}

Result<std::optional<job::WhyReply>> handle(job::Why, Context& context,
                                            const job::WhyRequest& request) {
    const auto& jobs = context.service.jobs;
    const auto* job = jobs.find(request.id);
    if (job == nullptr)
        return ask<job::WhyReply>(context, store::JobsById{{request.id}}, service::AskWhy{request});
    context.saw(job->changed_in);
    job::WhyReply reply{.id = request.id, .state = job->state(), .blockers = jobs.blockers(*job)};
    if (!reply.blockers.empty())
        reply.reason = reply.blockers.front().message;
    else if (!job->row.progress.reason.empty())
        reply.reason = job->row.progress.reason;
    if (job->state() == job::State::queued) reply.position = jobs.position(*job);
    return std::optional{std::move(reply)};
}

Result<std::optional<job::Event>> handle(job::Events, Context& context,
                                         const job::EventsRequest& request) {
    context.service.events.subscribe(context.ticket, request, context.now);
    return std::optional<job::Event>{};
}

}  // namespace ccd::handlers
