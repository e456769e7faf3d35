#include "tests/stress/check.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <thread>

#include "ccd/job_change.h"
#include "tests/harness/error.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

constexpr std::size_t ids_at_once = 100;
constexpr Millis look_pause{1};

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

void end_answers(Report& report, const std::string& what, const Tally& tally) {
    report.end_step(what, tally.failed == 0,
                    tally.failed == 0 ? fmt::format("{} answered", tally.operations)
                                      : fmt::format("{} of {} failed, first: {}", tally.failed,
                                                    tally.operations, tally.first_error));
    report.tally.add(tally);
}

void end_requests(Report& report, const std::string& what, const Tally& tally) {
    end_answers(report, what, tally);
    auto slowest = tally.latency.max();
    report.end_step(what + ": each answered within a second", slowest < answer_limit,
                    fmt::format("the slowest took {:.1f} ms", 1e3 * harness::seconds_of(slowest)));
}

void end_check(Report& report, const std::string& name,
               const Result<std::optional<std::string>>& broken) {
    if (!broken)
        report.end_step(name, false, broken.error().message);
    else
        report.end_step(name, !*broken, broken->value_or(""));
}

Result<void> allow_descriptors(std::size_t count) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return harness::failure_from(errno, "no limit");
    if (limit.rlim_cur >= count) return {};
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < count || ::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return failure(Errc::over_limit,
                       fmt::format("{} descriptors are needed, {} are allowed (ulimit -Hn)", count,
                                   limit.rlim_max));
    return {};
}

Result<void> wait_until(const std::string& what, const std::function<Result<bool>()>& is_so) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (!CCD_TRY(is_so())) {
        if (std::chrono::steady_clock::now() > deadline)
            return failure(Errc::timeout, what + ": not so after " +
                                              std::to_string(patience.count() / 1000) + " s");
        std::this_thread::sleep_for(look_pause);
    }
    return {};
}

std::string fresh_word() {
    static const auto first = std::chrono::system_clock::now().time_since_epoch().count();
    static std::atomic<std::uint64_t> number{0};
    return fmt::format("ccd-stress-{}-{}-{}", ::getpid(), first, ++number);
}

Result<std::string> fresh_directory(const std::string& parent) {
    auto directory = parent + "/" + fresh_word();
    if (::mkdir(directory.c_str(), 0700) != 0)
        return harness::failure_from(errno, "cannot make '" + directory + "'");
    return directory;
}

job::SubmitRequest job_of(std::vector<std::string> argv) {
    job::SubmitRequest submit;
    submit.argv = std::move(argv);
    submit.cwd = "/";
    submit.tag = {"ccd-stress"};
    submit.key = fresh_word();
    return submit;
}

job::SubmitRequest held_job() {
    auto submit = job_of({"/bin/true"});
    submit.hold = true;
    return submit;
}

Result<void> cancel_all(client::Client& client, const std::vector<job::Id>& ids) {
    return in_parts(ids, [&](std::vector<job::Id> part) -> Result<void> {
        CCD_TRY(client.call<job::Cancel>({.ids = std::move(part), .reason = "end of the test"}));
        return {};
    });
}

Result<std::vector<job::View>> wait_for_all(client::Client& client,
                                            const std::vector<job::Id>& ids) {
    std::vector<job::View> views;
    auto wait_for_some = [&](std::vector<job::Id> part) -> Result<void> {
        auto reply = CCD_TRY(client.call<job::Wait>({.ids = std::move(part)}));
        std::ranges::move(reply.jobs, std::back_inserter(views));
        return {};
    };
    CCD_TRY(in_parts(ids, wait_for_some));
    return views;
}

void end_successes(Report& report, const std::string& name, const std::vector<job::View>& views) {
    auto other = std::ranges::find_if(
        views, [](const job::View& view) { return view.state != job::State::succeeded; });
    report.end_step(name, other == views.end(),
                    other == views.end()
                        ? fmt::format("{} jobs", views.size())
                        : fmt::format("job {} is {}: {}", other->id, to_string(other->state),
                                      other->reason.value_or("")));
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
