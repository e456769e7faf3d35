#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "tests/stress/check.h"
#include "tests/stress/crowd.h"
#include "tests/stress/scenario.h"

namespace ccd::stress {
namespace {

using client::Client;

constexpr std::size_t submitters = 20;
constexpr std::size_t jobs_each = 10;

// What one submitter sent and was answered.
struct Submitted {
    job::SubmitRequest request;
    job::SubmitReply reply;
};
using Submissions = std::vector<std::vector<Submitted>>;  // by submitter

std::vector<job::Id> ids_of(const Submissions& submissions) {
    std::vector<job::Id> ids;
    for (const auto& of_one : submissions)
        for (const auto& submitted : of_one) ids.push_back(submitted.reply.id);
    return ids;
}

void submit_all(const Ground& ground, Report& report, Submissions& submissions) {
    auto tally =
        crowd(ground.socket, submissions.size(), [&](std::size_t number, Visitor& visitor) {
            for (std::size_t i = 0; i < jobs_each; ++i) {
                auto request = held_job();
                auto reply = visitor.ask<job::Submit>(request);
                if (reply) submissions[number].push_back({request, *reply});
            }
        });
    end_requests(report, "submit", tally);
    auto ids = ids_of(submissions);
    std::set<job::Id> distinct(ids.begin(), ids.end());
    report.end_step("every job has a number of its own", distinct.size() == ids.size(),
                    fmt::format("{} numbers for {} jobs", distinct.size(), ids.size()));
}

void repeat_all(const Ground& ground, Report& report, const Submissions& submissions) {
    std::atomic<std::size_t> wrong{0};
    auto tally =
        crowd(ground.socket, submissions.size(), [&](std::size_t number, Visitor& visitor) {
            for (const auto& [request, first] : submissions[number]) {
                auto again = visitor.ask<job::Submit>(request);
                if (again && (again->created || again->id != first.id)) ++wrong;
            }
        });
    end_requests(report, "submit again with the same keys", tally);
    report.end_step("no key makes a second job", wrong == 0,
                    fmt::format("{} of {} made another", wrong.load(), tally.operations));
}

Result<void> look_up_all(Client& client, Report& report, const Submissions& submissions) {
    auto ids = ids_of(submissions);
    auto views = CCD_TRY(views_of(client, ids));
    bool is_complete = std::ranges::equal(views, ids, {}, &job::View::id);
    auto held = std::ranges::count(views, job::State::held, &job::View::state);
    report.end_step("every answered job is on record, held", is_complete && held == std::ssize(ids),
                    fmt::format("{} of {} found, {} held", views.size(), ids.size(), held));
    return {};
}

}  // namespace

Result<void> create_jobs(const Ground& ground, Report& report) {
    Submissions submissions(submitters * ground.scale);
    submit_all(ground, report, submissions);
    repeat_all(ground, report, submissions);
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    CCD_TRY(look_up_all(client, report, submissions));
    CCD_TRY(cancel_all(client, ids_of(submissions)));
    report.end_step("cancel all", true);
    return {};
}

}  // namespace ccd::stress
