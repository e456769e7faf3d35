#include <fmt/format.h>

#include <atomic>

#include "tests/stress/check.h"
#include "tests/stress/crowd.h"
#include "tests/stress/scenario.h"

namespace ccd::stress {
namespace {

using client::Client;

constexpr std::size_t clients = 100;
constexpr std::size_t requests_each = 20;
constexpr std::size_t jobs = 10;

}  // namespace

Result<void> ask_for_status(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    std::vector<job::Id> ids;
    for (std::size_t i = 0; i < jobs; ++i)
        ids.push_back(CCD_TRY(client.call<job::Submit>(held_job())).id);
    report.end_step("submit what is asked for", true, fmt::format("{} jobs", ids.size()));

    std::atomic<std::size_t> wrong{0};
    auto tally =
        crowd(ground.socket, clients * ground.scale, [&](std::size_t number, Visitor& visitor) {
            for (std::size_t i = 0; i < requests_each; ++i) {
                auto id = ids[(number + i) % ids.size()];
                auto reply = visitor.ask<job::Status>({.ids = {id}});
                if (reply && (reply->jobs.size() != 1 || reply->jobs[0].id != id ||
                              reply->jobs[0].state != job::State::held))
                    ++wrong;
            }
        });
    end_requests(report, "status", tally);
    report.end_step("every answer is about the job that was asked for", wrong == 0,
                    fmt::format("{} of {} were not", wrong.load(), tally.operations));
    CCD_TRY(cancel_all(client, ids));
    report.end_step("cancel all", true);
    return {};
}

}  // namespace ccd::stress
