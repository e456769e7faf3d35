#include <algorithm>
#include <map>

#include "ctl/print.h"
#include "ctl/table.h"

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

// Said where not all are shown.
std::string count_of(std::size_t shown, std::uint64_t total) {
    if (shown >= total) return {};
    return text_of(shown) + " of " + text_of(total) + " jobs\n";
}

}  // namespace

std::string print_jobs(const std::vector<job::View>& jobs, const Look& look) {
    if (jobs.empty()) return "no jobs\n";
    Table table{{{"ID", Column::always, Align::right},
                 {"NAME", 6, Align::left, 10},
                 {"USER", 4},
                 {"CLASS", 2},
                 {"STATE", Column::always},
                 {"PRIO", 1, Align::right},
                 {"GPUS", 3, Align::right},
                 {"TIME", 5, Align::right},
                 {"REASON", 8, Align::left, 20},
                 {"COMMAND", 7, Align::left, 14}}};
    auto needed = needed_by(jobs, look.uid);
    auto only_if = [](bool is_needed, std::string text) {
        return Cell{is_needed ? std::move(text) : std::string{}};
    };
    for (const auto& job : jobs)
        table.add({{text_of(job.id)},
                   {job.name.value_or("")},
                   only_if(needed.users, job.user),
                   only_if(needed.classes, text_of(job.job_class)),
                   {state_of(job), colour_of(job.state)},
                   only_if(needed.priorities, text_of(job.priority)),
                   only_if(job.gpu_count > 0, text_of(job.gpu_count)),
                   {time_of(job, look.now)},
                   {job.reason.value_or("")},
                   {job.argv ? command_line(*job.argv) : std::string{}}});
    return table.to_string(look);
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
