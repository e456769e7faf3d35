#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/stress/check.h"
#include "tests/stress/scenario.h"
#include "tests/stress/submits.h"
#include "tests/stress/subscribers.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;

constexpr std::size_t live_streams = 100;  // as in the seed
constexpr std::size_t jobs = 200;
constexpr std::size_t restless = 10;            // every tenth subscriber hangs up,
constexpr std::uint64_t events_each = 150;      // after so many events each time
constexpr std::size_t sleeper_streams = 40;     // more than the daemon holds back for a connection
constexpr std::size_t spare_descriptors = 128;  // and connections
// Ten times what is typical on two cores that the subscribers' own work is done by as well, with
// all that can be checked at run time.
constexpr double slow_down_limit = 10 * 5;

// Jobs that do nothing, as fast as they go.
struct Run {
    Tally tally;
    std::vector<job::View> views;
    double rate = 0;  // from submit to end, jobs a second
};

Result<Run> run_jobs(const Ground& ground) {
    std::vector<job::SubmitRequest> requests;
    for (std::size_t i = 0; i < jobs; ++i) requests.push_back(job_of({"/bin/true"}));
    auto began = std::chrono::steady_clock::now();
    auto [ids, tally] = submit_as_crowd(ground, requests);
    if (tally.failed > 0) return failure(Errc::internal, "a submit failed: " + tally.first_error);
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    auto views = CCD_TRY(wait_for_all(client, ids));
    auto elapsed = harness::seconds_of(std::chrono::steady_clock::now() - began);
    return Run{std::move(tally), std::move(views), jobs / elapsed};
}

// Subscribes many times on one connection, and does not read until everything is over.
class Sleeper {
public:
    static Result<Sleeper> open(const Ground& ground, std::uint64_t since) {
        Sleeper sleeper{CCD_TRY(Client::open(ground.socket, patience)), since};
        for (std::size_t i = 0; i < sleeper_streams; ++i)
            sleeper.streams_.push_back(
                CCD_TRY(sleeper.client_.send<job::Events>({.since = since, .job = {}})));
        return sleeper;
    }

    // Reads what it has slept through. A sentence where that is neither all, nor a gap, nor a
    // hang-up.
    Result<std::optional<std::string>> wake_up(std::uint64_t last) {
        for (auto stream : streams_) {
            Sequence sequence{since_};
            while (sequence.last() < last) {
                auto event = client_.receive_item<job::Events>(stream);
                if (!event && event.error().code == Errc::unreachable) return no_complaint;
                if (!event) return tl::unexpected{event.error()};
                if (!*event) return no_complaint;
                if (auto wrong = sequence.observe(**event)) return wrong;
            }
        }
        return no_complaint;
    }

private:
    Sleeper(Client client, std::uint64_t since) : client_(std::move(client)), since_(since) {}

    static constexpr std::optional<std::string> no_complaint{};

    Client client_;
    std::uint64_t since_;
    std::vector<std::uint64_t> streams_;
};

void end_run(Report& report, const std::string& name, const Run& run) {
    end_successes(report, name, run.views);
    report.tally.add(run.tally);
}

// All of them are told of the jobs while these run. The number of the last event.
Result<std::uint64_t> run_before(const Ground& ground, Subscribers& subscribers, Result<Run>& run) {
    Result<std::uint64_t> newest{0};
    std::atomic<std::uint64_t> last{0};
    Result<void> read;
    {
        std::jthread running{[&] {
            run = run_jobs(ground);
            newest = newest_event(ground.socket);
            last = newest.value_or(1);  // an end is put to the reading in any case
        }};
        read = subscribers.read_until(last);
    }
    CCD_TRY(std::move(read));
    return newest;
}

void check_told(Report& report, const Subscribers& subscribers) {
    report.end_step("each was told every event once, in order, and all the same",
                    !subscribers.broken() && subscribers.gaps() == 0,
                    subscribers.broken().value_or(fmt::format(
                        "{} events in all, {} gaps", subscribers.events(), subscribers.gaps())));
    report.end_step("who came again went on where it had been", subscribers.resumed() > 0,
                    fmt::format("{} times", subscribers.resumed()));
}

// One who asks for what is not there yet is told so, and then of what comes.
Result<void> check_gap(Report& report, Subscribers& early, std::uint64_t last) {
    CCD_TRY(early.read_until(std::atomic{last}));
    report.end_step("who asks for what is not there is told of a gap, and goes on behind it",
                    !early.broken() && early.gaps() == 1,
                    early.broken().value_or(fmt::format("{} gaps", early.gaps())));
    return {};
}

}  // namespace

std::vector<std::string> event_settings(std::size_t scale) {
    return {fmt::format("daemon.max_connections_per_user={}",
                        live_streams * scale + spare_descriptors)};
}

Result<void> follow_events(const Ground& ground, Report& report) {
    auto count = live_streams * ground.scale;
    CCD_TRY(allow_descriptors(count + spare_descriptors));
    auto alone = CCD_TRY(run_jobs(ground));
    end_run(report, "jobs that nobody follows succeed", alone);
    auto since = CCD_TRY(newest_event(ground.socket));
    auto subscribers = CCD_TRY(Subscribers::open({.socket = ground.socket,
                                                  .count = count,
                                                  .since = since,
                                                  .restless = restless,
                                                  .events_each = events_each}));
    auto early = CCD_TRY(
        Subscribers::open({.socket = ground.socket, .count = 1, .since = beyond_all_events}));
    auto sleeper = CCD_TRY(Sleeper::open(ground, since));
    report.end_step("subscribe", true, fmt::format("{} connections", count));

    Result<Run> followed;
    auto last = CCD_TRY(run_before(ground, subscribers, followed));
    auto run = CCD_TRY(std::move(followed));
    end_run(report, "jobs that many follow succeed", run);
    check_told(report, subscribers);
    CCD_TRY(check_gap(report, early, last));
    end_check(report, "who slept is told all, of a gap, or hung up on", sleeper.wake_up(last));
    report.remark = fmt::format("{:.0f} jobs/s with {} subscribers, {:.0f} jobs/s with none",
                                run.rate, count, alone.rate);
    report.end_step("they slow the jobs down by no more than their own work does",
                    run.rate * slow_down_limit * static_cast<double>(ground.scale) > alone.rate,
                    report.remark);
    return {};
}

}  // namespace ccd::stress
