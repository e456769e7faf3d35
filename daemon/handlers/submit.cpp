// job.submit: what a client says becomes a row, or a refusal that names what is wrong.
#include <algorithm>

#include "daemon/handlers/handlers.h"
#include "daemon/handlers/view.h"
#include "daemon/handlers/word.h"

namespace ccd::handlers {
namespace {

constexpr std::size_t argument_limit = 4'096;
constexpr std::size_t text_limit = 1'000'000;  // of a whole argv or environment, in bytes
constexpr std::size_t path_limit = 4'095;
constexpr std::size_t tag_limit = 32;
constexpr std::size_t property_limit = 32;
constexpr std::uint32_t gpu_limit = 64;

// Strings for the kernel: no NUL inside, and together not too long.
Result<void> check_strings(std::string_view what, const std::vector<std::string>& strings) {
    std::size_t size = 0;
    for (const auto& text : strings) {
        if (text.find('\0') != std::string::npos)
            return failure(Errc::bad_request, std::string{what} + " has a NUL byte inside");
        size += text.size() + 1;
    }
    if (strings.size() > argument_limit)
        return over_limit("the number of strings in " + std::string{what}, strings.size(),
                          argument_limit);
    if (size > text_limit)
        return over_limit("the length of " + std::string{what}, size, text_limit);
    return {};
}

Result<void> check_path(std::string_view what, std::string_view path) {
    if (!path.starts_with('/'))
        return failure(Errc::bad_request, std::string{what} + " '" +
                                              std::string{path.substr(0, word_limit)} +
                                              "' is not an absolute path");
    if (path.size() > path_limit)
        return over_limit("the length of " + std::string{what}, path.size(), path_limit);
    if (path.find('\0') != std::string_view::npos)
        return failure(Errc::bad_request, std::string{what} + " has a NUL byte inside");
    return {};
}

Result<void> check_environment(const std::vector<std::string>& environment) {
    CCD_TRY(check_strings("the environment", environment));
    for (const auto& entry : environment)
        if (auto equals = entry.find('='); equals == std::string::npos || equals == 0)
            return failure(Errc::bad_request, "environment entry '" +
                                                  entry.substr(0, std::min(equals, word_limit)) +
                                                  "' is not NAME=VALUE");
    return {};
}

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
    if (request.umask > 0777) return failure(Errc::bad_request, "the umask is more than 0777");
    if (request.time_limit && request.time_limit->count() == 0)
        return failure(Errc::bad_request, "a time limit of 0 would end the job at once");
    return {};
}

// What is said of cards must make sense together.
Result<void> check_cards(const job::SubmitRequest& request, std::uint32_t count,
                         job::Class job_class) {
    if (count > gpu_limit) return over_limit("the number of cards", count, gpu_limit);
    if (count > 0 && job_class == job::Class::cpu)
        return failure(Errc::bad_request,
                       "class cpu has no cards; leave out --gpus, or say "
                       "--class training or inference");
    if (!request.gpu.empty() && request.gpu.size() < count)
        return failure(Errc::bad_request, "needs " + std::to_string(count) + " cards but names " +
                                              std::to_string(request.gpu.size()));
    if (count == 0 && (request.vram.count > 0 || request.exclusive))
        return failure(Errc::bad_request, "--vram and --exclusive are about cards; say --gpus too");
    return {};
}

Result<store::JobRow> row_of(const job::SubmitRequest& request, Context& context) {
    CCD_TRY(check(request));
    auto count = request.gpus;
    if (count == 0) count = static_cast<std::uint32_t>(request.gpu.size());
    auto job_class = request.job_class.value_or(count > 0 ? job::Class::training : job::Class::cpu);
    CCD_TRY(check_cards(request, count, job_class));
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
        .stdin_file = request.stdin_file.value_or(""),
        .tags = request.tag,
        .properties = request.property,
        .pool = request.pool.value_or(""),
        .progress = {.state = request.hold ? job::State::held : job::State::queued,
                     .priority =
                         request.priority.value_or(context.host.default_priority(job_class))},
    };
    for (const auto& name : request.gpu) {
        auto uuid = CCD_TRY(context.service.ledger.find_card(name));
        if (std::ranges::find(row.gpu, uuid) != row.gpu.end())
            return failure(Errc::bad_request, "card '" + name + "' is named twice");
        row.gpu.push_back(std::move(uuid));
    }
    return row;
}

}  // namespace

Result<std::optional<job::SubmitReply>> handle(job::Submit, Context& context,
                                               const job::SubmitRequest& request) {
    auto* durable = CCD_TRY(context.durable());
    CCD_TRY(context.host.may_run(context.caller.uid));
    auto row = CCD_TRY(row_of(request, context));
    for (const auto& property : row.properties) CCD_TRY(context.host.may_have(property));
    if (!row.pool.empty()) CCD_TRY(context.host.may_join(row.pool));
    auto submitted = CCD_TRY(durable->jobs.submit(std::move(row), join_strings(request.env),
                                                  context.ticket, context.caller, context.now));
    if (!submitted) return std::optional<job::SubmitReply>{};
    context.depends_on = submitted->batch;
    return std::optional{job::SubmitReply{.id = submitted->id, .created = submitted->created}};
}

}  // namespace ccd::handlers
