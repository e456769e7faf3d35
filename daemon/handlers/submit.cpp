// job.submit: what a client says becomes a row, or a refusal that names what is wrong.
#include <algorithm>

#include "daemon/handlers/array.h"
#include "daemon/handlers/handlers.h"
#include "daemon/handlers/request.h"
#include "daemon/handlers/signal_name.h"
#include "daemon/handlers/submitted.h"
#include "daemon/handlers/view.h"
#include "daemon/handlers/word.h"
#include "daemon/service/retries.h"

namespace ccd::handlers {
namespace {

constexpr std::size_t tag_limit = 32;
constexpr std::size_t property_limit = 32;
constexpr std::size_t others_limit = 1'000;

Result<void> check(const job::SubmitRequest& request) {
    if (request.argv.empty() || request.argv.front().empty())
        return failure(Errc::bad_request, "there is no program to run");
    CCD_TRY(check_strings("the command", request.argv));
    CCD_TRY(check_environment(request.env));
    CCD_TRY(check_path("the working directory", request.cwd));
    if (request.stdin_file) CCD_TRY(check_path("the standard input", *request.stdin_file));
    if (request.name) CCD_TRY(check_word("the name", *request.name));
    if (request.key) CCD_TRY(check_word("the key", *request.key));
    if (request.pool) CCD_TRY(check_word("the pool", *request.pool));
    if (request.tag.size() > tag_limit)
        return over_limit("the number of tags", request.tag.size(), tag_limit);
    for (const auto& tag : request.tag) CCD_TRY(check_word("a tag", tag));
    if (request.property.size() > property_limit)
        return over_limit("the number of properties", request.property.size(), property_limit);
    for (const auto& property : request.property) CCD_TRY(check_word("a property", property));
    if (request.after.size() + request.after_any.size() > others_limit)
        return over_limit("the number of jobs to wait for",
                          request.after.size() + request.after_any.size(), others_limit);
    if (request.retries == 0 && (request.retry_delay || !request.retry_on.empty()))
        return failure(Errc::bad_request,
                       "--retry-delay and --retry-on are about retries; say --retries too");
    if (request.umask > 0777) return failure(Errc::bad_request, "the umask is more than 0777");
    return {};
}

Result<void> read_warning(const job::SubmitRequest& request, store::JobOptions& options) {
    if (!request.warn_signal) return {};
    if (!request.time_limit)
        return failure(Errc::bad_request,
                       "--warn-signal is about the time limit; say --time-limit too");
    options.warn_signal = CCD_TRY(parse_signal(*request.warn_signal));
    options.warn_before = request.warn_before;
    return {};
}

Result<void> read_cards(const job::SubmitRequest& request, const Context& context,
                        store::JobOptions& options) {
    for (const auto& name : request.gpu) {
        auto uuid = CCD_TRY(context.service.ledger.find_card(name));
        if (std::ranges::find(options.gpu, uuid) != options.gpu.end())
            return failure(Errc::bad_request, "card '" + name + "' is named twice");
        options.gpu.push_back(std::move(uuid));
    }
    return {};
}

Result<store::JobOptions> options_of(const job::SubmitRequest& request, const Context& context) {
    store::JobOptions options{.stdin_file = request.stdin_file.value_or(""),
                              .tags = request.tag,
                              .properties = request.property,
                              .after = request.after,
                              .after_any = request.after_any,
                              .max_retries = request.retries};
    if (request.retry_delay) options.retry_delay = *request.retry_delay;
    if (!request.retry_on.empty()) options.retry_on = service::bits_of(request.retry_on);
    CCD_TRY(read_warning(request, options));
    CCD_TRY(read_cards(request, context, options));
    return options;
}

Result<store::JobRow> row_of(const job::SubmitRequest& request, const Context& context) {
    CCD_TRY(check(request));
    auto count = request.gpus;
    if (count == 0) count = static_cast<std::uint32_t>(request.gpu.size());
    auto job_class = request.job_class.value_or(count > 0 ? job::Class::training : job::Class::cpu);
    if (!request.gpu.empty() && request.gpu.size() < count)
        return failure(Errc::bad_request, "needs " + std::to_string(count) + " cards but names " +
                                              std::to_string(request.gpu.size()));
    store::JobRow row{
        .uid = context.caller.uid,
        .job_class = job_class,
        .exclusive = request.exclusive,
        .umask = request.umask,
        .gpu_count = count,
        .cpus = request.cpus,
        .vram = request.vram,
        .memory = request.memory,
        .time_limit = request.time_limit,
        .argv = join_strings(request.argv),
        .cwd = request.cwd,
        .name = request.name.value_or(""),
        .key = request.key.value_or(""),
        .pool = request.pool.value_or(""),
        .progress = {.state = request.hold ? job::State::held : job::State::queued,
                     .priority =
                         request.priority.value_or(context.host.default_priority(job_class)),
                     .due = request.begin},
    };
    row.options = CCD_TRY(options_of(request, context));
    CCD_TRY(check_row(row));
    return row;
}

}  // namespace

Result<std::optional<job::SubmitReply>> handle(job::Submit, Context& context,
                                               const job::SubmitRequest& request) {
    auto* durable = CCD_TRY(context.durable());
    CCD_TRY(context.host.may_run(context.caller.uid));
    auto row = CCD_TRY(row_of(request, context));
    for (const auto& property : row.options->properties)
        CCD_TRY(context.host.may_have(property, row.cpus));
    if (!row.pool.empty()) CCD_TRY(context.host.may_join(row.pool));
    auto array = CCD_TRY(read_array(request.array));
    row.array_size = array.size;
    row.array_index = array.first;
    row.array_limit = array.limit;
    auto demand = service::demand_of(row);
    service::AskSubmit asked{.row = std::move(row),
                             .environment = join_strings(request.env),
                             .is_dry_run = request.dry_run};
    auto submitted = CCD_TRY(
        durable->jobs.submit(std::move(asked), context.ticket, context.caller, context.now));
    if (!submitted) return std::optional<job::SubmitReply>{};
    return std::optional{reply_to(*submitted, demand, context)};
}

}  // namespace ccd::handlers
