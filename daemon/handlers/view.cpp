#include "daemon/handlers/view.h"

#include <algorithm>

#include "daemon/service/reason.h"
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
    return fixed_size + job.user.size() + job.name.value_or("").size() +
           job.pool.value_or("").size() + job.reason.value_or("").size() + size_of(job.gpus);
}

// Of what only the owner sees.
std::size_t details_size(const store::JobRow& row) {
    auto arguments = static_cast<std::size_t>(std::ranges::count(row.argv, '\0'));
    return row.argv.size() + (arguments + 3) * string_head + row.cwd.size() + row.key.size() +
           size_of(row.tags);
}

job::View view_of(const store::JobRow& row, Context& context) {
    const auto& progress = row.progress;
    auto is_own = service::owns(context.caller, row.uid);
    return {
        .id = row.id,
        .name = unless_empty(row.name),
        .user = context.host.user_name(row.uid),
        .uid = row.uid,
        .job_class = row.job_class,
        .state = progress.state,
        .reason = unless_empty(is_own ? progress.reason : service::public_reason(progress)),
        .priority = progress.priority,
        .gpus = progress.gpus,
        .gpu_count = row.gpu_count,
        .vram = row.vram,
        .pool = unless_empty(row.pool),
        .after = row.after,
        .attempt = progress.attempt,
        .max_retries = row.max_retries,
        .submitted_at = row.submitted_at,
        .started_at = progress.started_at,
        .finished_at = progress.finished_at,
        .exit_code = progress.exit_code,
        .signal = progress.signal,
        .end = progress.end,
        .due_at = progress.due,
        .array = row.array == 0 ? std::nullopt : std::optional{row.array},
        .array_index = row.array == 0 ? std::nullopt : std::optional{row.array_index},
    };
}

job::View view_of(const service::Job& job, Context& context) {
    auto view = view_of(job.row, context);
    if (auto blockers = context.service.blockers(job); !blockers.empty())
        view.reason = std::move(blockers.front().message);
    view.confirmed =
        context.service.is_store_up() || job.changed_in <= context.service.last_committed();
    context.saw(job.changed_in);
    return view;
}

void shorten(job::View& view) {
    view.reason.reset();
    view.gpus.clear();
}

void add_details(job::View& view, const store::JobRow& row) {
    view.argv = split_strings(row.argv);
    view.cwd = row.cwd;
    view.key = unless_empty(row.key);
    view.tags = row.tags;
}

}  // namespace

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

std::vector<job::View> views_of(const std::vector<const store::JobRow*>& rows, Context& context) {
    std::vector<job::View> views;
    std::size_t size = fixed_size;
    for (const auto* row : rows) {
        const auto* job = context.service.jobs.find(row->id);
        views.push_back(job == nullptr ? view_of(*row, context) : view_of(*job, context));
        size += size_of(views.back());
    }
    // Without these even the largest reply fits.
    if (size > wire::frame_limit) std::ranges::for_each(views, shorten);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!service::owns(context.caller, rows[i]->uid)) continue;
        size += details_size(*rows[i]);
        if (size > wire::frame_limit) break;
        add_details(views[i], *rows[i]);
    }
    return views;
}

job::JobsReply jobs_reply(const std::vector<job::Id>& ids, Context& context) {
    std::vector<const store::JobRow*> rows;
    for (auto id : ids)
        if (const auto* job = context.service.jobs.find(id)) rows.push_back(&job->row);
    return {.jobs = views_of(rows, context)};
}

}  // namespace ccd::handlers
