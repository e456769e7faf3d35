#include "daemon/handlers/view.h"

#include "lib/wire/frame.h"

namespace ccd::handlers {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

// Of a job in a reply, at most: its numbers, the names of its fields and the heads of its strings.
constexpr std::size_t fixed_size = 512;
constexpr std::size_t string_head = 5;

std::size_t size_of(const std::vector<std::string>& strings) {
    std::size_t size = strings.size() * string_head;
    for (const auto& text : strings) size += text.size();
    return size;
}

std::size_t size_of(const job::View& job) {
    auto size = fixed_size + job.user.size() + size_of(job.gpus) + size_of(job.tags);
    if (job.argv) size += size_of(*job.argv);
    for (const auto* text : {&job.name, &job.reason, &job.cwd, &job.key})
        size += text->value_or("").size();
    return size;
}

}  // namespace

bool Page::add(job::View view) {
    bytes_ += size_of(view);
    if (!jobs_.empty() && bytes_ > wire::frame_limit - fixed_size) return false;
    jobs_.push_back(std::move(view));
    return true;
}

std::vector<std::string> split_strings(std::string_view joined) {
    std::vector<std::string> strings;
    while (!joined.empty()) {
        auto end = joined.find('\0');
        strings.emplace_back(joined.substr(0, end));
        if (end == std::string_view::npos) break;
        joined.remove_prefix(end + 1);
    }
    return strings;
}

std::string join_strings(const std::vector<std::string>& strings) {
    std::string joined;
    for (const auto& text : strings) joined.append(text).push_back('\0');
    return joined;
}

job::View view_of(const store::JobRow& row, Context& context) {
    const auto& progress = row.progress;
    job::View view{
        .id = row.id,
        .name = unless_empty(row.name),
        .user = context.host.user_name(row.uid),
        .uid = row.uid,
        .job_class = row.job_class,
        .state = progress.state,
        .reason = unless_empty(progress.reason),
        .priority = progress.priority,
        .gpus = progress.gpus,
        .gpu_count = row.gpu_count,
        .vram = row.vram,
        .attempt = progress.attempt,
        .submitted_at = row.submitted_at,
        .started_at = progress.started_at,
        .finished_at = progress.finished_at,
        .exit_code = progress.exit_code,
        .signal = progress.signal,
    };
    if (service::owns(context.caller, row.uid)) {
        view.argv = split_strings(row.argv);
        view.cwd = row.cwd;
        view.key = unless_empty(row.key);
        view.tags = row.tags;
    }
    return view;
}

job::View view_of(const service::Job& job, Context& context) {
    auto view = view_of(job.row, context);
    if (auto blockers = context.service.jobs.blockers(job); !blockers.empty())
        view.reason = std::move(blockers.front().message);
    view.confirmed =
        context.service.is_store_up() || job.changed_in <= context.service.last_committed();
    context.saw(job.changed_in);
    return view;
}

std::vector<job::View> views_of(const std::vector<store::JobRow>& rows, Context& context) {
    std::vector<job::View> views;
    for (const auto& row : rows) {
        const auto* job = context.service.jobs.find(row.id);
        views.push_back(job == nullptr ? view_of(row, context) : view_of(*job, context));
    }
    return views;
}

job::JobsReply jobs_reply(const std::vector<job::Id>& ids, Context& context) {
    job::JobsReply reply;
    for (auto id : ids)
        if (const auto* job = context.service.jobs.find(id))
            reply.jobs.push_back(view_of(*job, context));
    return reply;
}

}  // namespace ccd::handlers
