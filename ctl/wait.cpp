#include "ctl/wait.h"

#include <algorithm>

#include "ctl/ending.h"
#include "ctl/progress.h"

namespace ccd::ctl {
namespace {

constexpr Millis count_interval{1'000};

// How many of several jobs have ended, as far as the daemon has said.
class Count {
public:
    explicit Count(const std::vector<job::Id>& ids) : unfinished_(ids), total_(ids.size()) {}

    // Asks only for those that had not ended when it was asked before.
    std::string ask(Ending& ending) {
        // No ids would mean all that there are.
        if (!unfinished_.empty())
            if (auto status = ending.ask_beside<job::Status>({.ids = unfinished_})) {
                unfinished_.clear();
                for (const auto& job : status->jobs)
                    if (!job::is_final(job.state)) unfinished_.push_back(job.id);
            }
        return std::to_string(total_ - unfinished_.size()) + " of " + std::to_string(total_) +
               " jobs have ended";
    }

private:
    std::vector<job::Id> unfinished_;
    std::size_t total_;
};

// As Ending::wait; on a terminal it tells how many of several have ended.
Result<job::JobsReply> wait_in_sight(const Session& session, Ending& ending,
                                     const std::vector<job::Id>& ids) {
    Progress progress{!session.globals.json && ids.size() > 1};
    Count count{ids};
    for (;;) {
        if (auto reply = CCD_TRY(ending.check())) return *std::move(reply);
        auto step = ending.time_to_step();
        if (progress.is_shown()) step = std::min(step.value_or(count_interval), count_interval);
        wait_for(ending.descriptor(), step);
        if (progress.is_due()) progress.show(count.ask(ending));
    }
}

}  // namespace

int run(job::Wait, const Session& session, const Parsed<job::Wait>& parsed) {
    auto base = failure_base(parsed);
    auto ending = Ending::ask(session, parsed.request);
    if (!ending) return session.fail(ending.error(), base);
    auto reply = wait_in_sight(session, *ending, parsed.request.ids);
    if (!reply) return session.fail(reply.error(), base);
    bool is_one = parsed.request.ids.size() == 1 && reply->jobs.size() == 1;
    if (session.globals.json || !is_one)
        if (int code = session.show(session.text_of<job::Wait>(*reply)); code != 0)
            return base + code;
    return is_one ? exit_code_of(reply->jobs.front()) : exit_code_of(reply->jobs);
}

}  // namespace ccd::ctl
