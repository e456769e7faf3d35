// The commands that change jobs which are there already.
#include "daemon/handlers/ask.h"
#include "daemon/handlers/handlers.h"
#include "daemon/handlers/request.h"
#include "daemon/handlers/signal_name.h"
#include "daemon/handlers/view.h"
#include "daemon/handlers/word.h"

namespace ccd::handlers {
namespace {

constexpr std::size_t reason_limit = 1'024;  // bytes

template <class Request>
Result<std::optional<job::JobsReply>> change(
    Context& context, const Request& request,
    Result<void> (service::Jobs::*verb)(const Request&, const service::Caller&, Now)) {
    CCD_TRY(check_ids(request.ids));
    auto* durable = CCD_TRY(context.durable());
    CCD_TRY((durable->jobs.*verb)(request, context.caller, context.now));
    return std::optional{jobs_reply(request.ids, context)};
}

// What the job is to be, as the request has it.
store::JobRow edited(store::JobRow row, const job::SetRequest& request) {
    row.progress.priority = request.priority.value_or(row.progress.priority);
    if (request.time_limit) row.time_limit = request.time_limit;
    if (request.name) row.name = *request.name;
    row.gpu_count = request.gpus.value_or(row.gpu_count);
    row.vram = request.vram.value_or(row.vram);
    row.cpus = request.cpus.value_or(row.cpus);
    row.memory = request.memory.value_or(row.memory);
    if (request.retries) {
        row.options.edit().max_retries = *request.retries;
        row.progress.retries_left = *request.retries;
    }
    if (request.begin) row.progress.due = request.begin;
    return row;
}

}  // namespace

Result<std::optional<job::JobsReply>> handle(job::Cancel, Context& context,
                                             const job::CancelRequest& request) {
    if (request.reason) CCD_TRY(check_word("the reason", *request.reason, reason_limit));
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

Result<std::optional<job::JobsReply>> handle(job::Signal, Context& context,
                                             const job::SignalRequest& request) {
    auto signal = CCD_TRY(parse_signal(request.signal));
    // Nothing changes on disk, but it is sent to what is there, and while the store is down that is
    // not known.
    auto* durable = CCD_TRY(context.durable());
    CCD_TRY(durable->jobs.signal(request.id, signal, context.caller));
    return std::optional{jobs_reply({request.id}, context)};
}

Result<std::optional<job::JobsReply>> handle(job::Set, Context& context,
                                             const job::SetRequest& request) {
    auto* durable = CCD_TRY(context.durable());
    auto row = edited(CCD_TRY(durable->jobs.may_edit(request.id, context.caller)), request);
    CCD_TRY(check_row(row));
    for (const auto& property : row.options->properties)
        CCD_TRY(context.host.may_have(property, row.cpus));
    if (request.name) CCD_TRY(check_word("the name", *request.name));
    CCD_TRY(durable->jobs.edit(std::move(row), context.caller, context.now));
    return std::optional{jobs_reply({request.id}, context)};
}

Result<std::optional<job::JobsReply>> handle(job::Retry, Context& context,
                                             const job::RetryRequest& request) {
    CCD_TRY(check_ids(request.ids));
    CCD_TRY(check_environment(request.env));
    CCD_TRY(context.durable());
    for (auto id : request.ids) CCD_TRY(context.service.jobs.check_ended(id, context.caller));
    store::JobsById rows{.ids = request.ids, .command_limit = retry_limit};
    return ask<job::JobsReply>(context, std::move(rows), service::AskRetry{request});
}

}  // namespace ccd::handlers
