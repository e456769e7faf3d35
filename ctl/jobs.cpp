#include <algorithm>
#include <map>

#include "ctl/print.h"
#include "ctl/table.h"
#include "lib/text/duration.h"

namespace ccd::ctl {
namespace {

using job::State;

Colour colour_of(State state) {
    switch (state) {
        case State::running:
        case State::starting:
            return Colour::green;
        case State::failed:
        case State::lost:
        case State::timed_out:
            return Colour::red;
        case State::queued:
        case State::retrying:
            return Colour::yellow;
        case State::held:
            return Colour::blue;
        case State::succeeded:
        case State::cancelled:
            break;
    }
    return Colour::none;
}

// Which columns say something; the table leaves out those that stay empty.
struct Needed {
    bool users = false;
    bool classes = false;
    bool priorities = false;
};

Needed needed_by(const std::vector<job::View>& jobs, std::uint32_t uid) {
    Needed needed;
    std::map<job::Class, std::int32_t> priority_of;
    for (const auto& job : jobs) {
        needed.users |= job.uid != uid;
        needed.classes |= job.job_class != jobs.front().job_class;
        auto [usual, is_first] = priority_of.try_emplace(job.job_class, job.priority);
        needed.priorities |= usual->second != job.priority;
    }
    return needed;
}

Table table_of_jobs() {
    return Table{{{"ID", Column::always, Align::right},
                  {"NAME", 6, Align::left, 10},
                  {"USER", 4},
                  {"CLASS", 2},
                  {"STATE", Column::always},
                  {"TRY", 3, Align::right},
                  {"PRIO", 1, Align::right},
                  {"POOL", 2, Align::left, 6},
                  {"GPUS", 3, Align::right},
                  {"TIME", 5, Align::right},
                  {"ENDED", 2, Align::right},
                  {"REASON", 8, Align::left, 20},
                  {"COMMAND", 7, Align::left, 14}}};
}

// Which attempt it is of those that it may have: "2/4".
std::string try_of(const job::View& job) {
    if (job.max_retries == 0 || job.attempt == 0) return {};
    return text_of(job.attempt) + "/" + text_of(job.max_retries + 1);
}

std::string ended_of(const job::View& job, WallTime now) {
    if (!job.finished_at) return {};
    return text::format_duration(std::max(now - *job.finished_at, Millis{0})) + " ago";
}

std::vector<Cell> row_of(const job::View& job, const Needed& needed, const Look& look) {
    auto only_if = [](bool is_needed, std::string text) {
        return Cell{is_needed ? std::move(text) : std::string{}};
    };
    return {{text_of(job.id)},
            {job.name.value_or("")},
            only_if(needed.users, job.user),
            only_if(needed.classes, text_of(job.job_class)),
            {state_of(job), colour_of(job.state)},
            {try_of(job)},
            only_if(needed.priorities, text_of(job.priority)),
            {job.pool.value_or("")},
            only_if(job.gpu_count > 0, text_of(job.gpu_count)),
            {time_of(job, look.now)},
            {ended_of(job, look.now)},
            {job.reason.value_or("")},
            {job.argv ? command_line(*job.argv) : std::string{}}};
}

// Said where not all are shown.
std::string count_of(std::size_t shown, std::uint64_t total) {
    if (shown >= total) return {};
    return text_of(shown) + " of " + text_of(total) + " jobs\n";
}

}  // namespace

std::string print_jobs(const std::vector<job::View>& jobs, const Look& look) {
    if (jobs.empty()) return "no jobs\n";
    auto table = table_of_jobs();
    auto needed = needed_by(jobs, look.uid);
    for (const auto& job : jobs) table.add(row_of(job, needed, look));
    return table.to_string(look);
}

std::string print_unfinished(const job::PageReply& page, const Look& look) {
    if (page.jobs.empty()) return "no jobs\n";
    auto is_alive = [](const job::View& job) {
        return job.state == State::starting || job.state == State::running;
    };
    auto alive = static_cast<std::uint64_t>(std::ranges::count_if(page.jobs, is_alive));
    auto table = table_of_jobs();
    auto needed = needed_by(page.jobs, look.uid);
    // Those that are alive come first, so that all that are not shown wait.
    auto waiting = std::max<std::uint64_t>(page.total, page.jobs.size()) - alive;
    for (std::size_t i = 0; i < page.jobs.size(); ++i) {
        if (i == 0 && alive > 0) table.add_heading("running: " + text_of(alive));
        if (i == alive) table.add_heading("waiting: " + text_of(waiting));
        table.add(row_of(page.jobs[i], needed, look));
    }
    return table.to_string(look) + count_of(page.jobs.size(), page.total);
}

std::string print_job(const job::View& job, const Look& look) {
    auto pairs = pairs_of<job::View::fields>(job);
    for (auto& [name, text] : pairs) {
        if (name == "argv" && job.argv) text = command_line(*job.argv);
        if (name == "state") text = state_of(job);
        bool says_nothing = (name == "gpu_count" || name == "vram" || name == "max_retries") &&
                            (text == "0" || text == text_of(Bytes{}));
        if (says_nothing || name == "confirmed") text.clear();
    }
    return listing(pairs, look);
}

std::string print_page(const job::PageReply& page, const Look& look) {
    return print_jobs(page.jobs, look) + count_of(page.jobs.size(), page.total);
}

}  // namespace ccd::ctl
