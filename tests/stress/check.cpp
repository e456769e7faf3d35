#include "tests/stress/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>

#include "ccd/job_change.h"

namespace ccd::stress {
namespace {

constexpr std::size_t ids_at_once = 100;

// Calls `act` with some of the ids after the other.
template <class Act>
Result<void> in_parts(const std::vector<job::Id>& ids, Act act) {
    for (std::size_t at = 0; at < ids.size(); at += ids_at_once) {
        auto end = std::min(at + ids_at_once, ids.size());
        std::vector<job::Id> part(ids.begin() + static_cast<std::ptrdiff_t>(at),
                                  ids.begin() + static_cast<std::ptrdiff_t>(end));
        CCD_TRY(act(std::move(part)));
    }
    return {};
}

}  // namespace

void end_requests(Report& report, const std::string& what, const Tally& tally) {
    report.end_step(what, tally.failed == 0,
                    tally.failed == 0 ? fmt::format("{} answered", tally.operations)
                                      : fmt::format("{} of {} failed, first: {}", tally.failed,
                                                    tally.operations, tally.first_error));
    auto slowest = tally.latency.max();
    report.end_step(what + ": each answered within a second", slowest < answer_limit,
                    fmt::format("the slowest took {:.1f} ms", 1e3 * harness::seconds_of(slowest)));
    report.tally.add(tally);
}

job::SubmitRequest held_job() {
    static const auto first = std::chrono::system_clock::now().time_since_epoch().count();
    static std::atomic<std::uint64_t> number{0};
    job::SubmitRequest submit;
    submit.argv = {"/bin/true"};
    submit.cwd = "/";
    submit.hold = true;
    submit.tag = {"ccd-stress"};
    submit.key = fmt::format("ccd-stress-{}-{}-{}", ::getpid(), first, ++number);
    return submit;
}

Result<void> cancel_all(client::Client& client, const std::vector<job::Id>& ids) {
    return in_parts(ids, [&](std::vector<job::Id> part) -> Result<void> {
        CCD_TRY(client.call<job::Cancel>({.ids = std::move(part), .reason = "end of the test"}));
        return {};
    });
}

Result<std::vector<job::View>> views_of(client::Client& client, const std::vector<job::Id>& ids) {
    std::vector<job::View> views;
    auto take_some = [&](std::vector<job::Id> part) -> Result<void> {
        auto reply = CCD_TRY(client.call<job::Status>({.ids = std::move(part)}));
        std::ranges::move(reply.jobs, std::back_inserter(views));
        return {};
    };
    CCD_TRY(in_parts(ids, take_some));
    return views;
}

}  // namespace ccd::stress
