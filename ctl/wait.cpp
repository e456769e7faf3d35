#include "ctl/wait.h"

#include <algorithm>

#include "ctl/ending.h"
#include "ctl/progress.h"

namespace ccd::ctl {
namespace {

constexpr Millis count_interval{1'000};

// Empty where nobody can say it.
std::string count_of_ended(const Session& session, const std::vector<job::Id>& ids) {
    auto status = session.call<job::Status>({.ids = ids});
    if (!status) return {};
    auto ended = std::ranges::count_if(
        status->jobs, [](const job::View& job) { return job::is_final(job.state); });
    return std::to_string(ended) + " of " + std::to_string(ids.size()) + " jobs have ended";
}

// As Ending::wait; on a terminal it tells how many of several have ended.
Result<job::JobsReply> wait_in_sight(const Session& session, Ending& ending,
                                     const std::vector<job::Id>& ids) {
    Progress progress{!session.globals.json && ids.size() > 1};
    for (;;) {
        if (auto reply = CCD_TRY(ending.check())) return *std::move(reply);
        auto step = ending.time_to_step();
        if (progress.is_shown()) step = std::min(step.value_or(count_interval), count_interval);
        wait_for(ending.descriptor(), step);
        if (progress.is_shown()) progress.show(count_of_ended(session, ids));
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
