#include "daemon/handlers/view.h"

#include <algorithm>
#include <utility>

#include "daemon/service/reason.h"
#include "lib/wire/codec.h"
#include "lib/wire/frame.h"

namespace ccd::handlers {
namespace {

std::optional<std::string> unless_empty(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional<std::string>{text};
}

// What stands in a reply beside its jobs, at most: the head of the message, names and a total.
constexpr std::size_t beside_jobs = 64;

std::size_t encoded_size(const job::View& job) {
    std::string bytes;
    wire::Packer packer{bytes};
    wire::encode<job::View::fields, wire::Absent::written>(packer, job);
    return bytes.size();
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
        .reason =
            unless_empty(is_own ? progress.reason.string() : service::public_reason(progress)),
        .priority = progress.priority,
        .gpus = progress.run->gpus,
        .gpu_count = row.gpu_count,
        .vram = row.vram,
        .time_limit = row.time_limit,
        .pool = unless_empty(row.pool),
        .attempt = progress.attempt,
        .max_retries = row.options->max_retries,
        .submitted_at = row.submitted_at,
        .started_at = progress.run->started_at,
        .finished_at = progress.run->finished_at,
        .exit_code = progress.run->exit_code,
        .signal = progress.run->signal,
        .end = progress.run->end,
        .due_at = progress.due,
        .array = row.array == 0 ? std::nullopt : std::optional{row.array},
        .array_index = row.array == 0 ? std::nullopt : std::optional{row.array_index},
        .array_limit = row.array_limit == 0 ? std::nullopt : std::optional{row.array_limit},
    };
}

job::View view_of(const service::Job& job, Context& context) {
    auto view = view_of(job.row, context);
    if (auto blockers = context.service.blockers(job, context.now); !blockers.empty())
        view.reason = std::move(blockers.front().message);
    view.confirmed =
        context.service.is_store_up() || job.changed_in <= context.service.last_committed();
    context.saw(job.changed_in);
    return view;
}

void add_details(job::View& view, const store::JobRow& row) {
    view.argv = split_strings(row.argv);
    view.cwd = row.cwd.string();
    view.key = unless_empty(row.key);
    view.tags = row.options->tags;
    view.after = row.options->after;
    view.after_any = row.options->after_any;
}

// The parts of a job that a reply can do without, the dearest first. What has none gets them.
void swap_reason(job::View& a, job::View& b) {
    std::swap(a.reason, b.reason);
    std::swap(a.gpus, b.gpus);
}

void swap_details(job::View& a, job::View& b) {
    std::swap(a.argv, b.argv);
    std::swap(a.cwd, b.cwd);
    std::swap(a.key, b.key);
    std::swap(a.tags, b.tags);
    std::swap(a.after, b.after);
    std::swap(a.after_any, b.after_any);
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
    std::size_t commands = 0;
    for (const auto* row : rows) {
        const auto* job = context.service.jobs.find(row->id);
        views.push_back(job == nullptr ? view_of(*row, context) : view_of(*job, context));
        // Every job has a command; what no frame can hold was left out of its row, or is not
        // copied.
        if (!service::owns(context.caller, row->uid) || row->argv.empty()) continue;
        commands += row->argv.size();
        if (commands <= wire::frame_limit) add_details(views.back(), *row);
    }
    return views;
}

void fit(std::vector<job::View>& views) {
    auto size = beside_jobs;
    std::vector<job::View> parts(views.size());
    for (std::size_t i = 0; i < views.size(); ++i) {
        swap_reason(views[i], parts[i]);
        swap_details(views[i], parts[i]);
        size += encoded_size(views[i]);
    }
    for (auto* swap_part : {&swap_reason, &swap_details})
        for (std::size_t i = 0; i < views.size(); ++i) {
            auto job = views[i];
            swap_part(job, parts[i]);
            auto more = encoded_size(job) - encoded_size(views[i]);
            if (size + more > wire::frame_limit) break;
            size += more;
            views[i] = std::move(job);
        }
}

job::JobsReply jobs_reply(const std::vector<job::Id>& ids, Context& context) {
    std::vector<const store::JobRow*> rows;
    for (auto id : ids)
        if (const auto* job = context.service.jobs.find(id)) rows.push_back(&job->row);
    return {.jobs = views_of(rows, context)};
}

}  // namespace ccd::handlers
