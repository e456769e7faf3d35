#include "tests/stress/torture/torture.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ccd/admin.h"
#include "ccd/job_change.h"
#include "tests/harness/filesystem.h"
#include "tests/stress/check.h"
#include "tests/stress/torture/leftover.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using job::State;

constexpr std::size_t clients = 4;
constexpr Millis shortest_life{20};
constexpr Millis longest_life{900};
constexpr harness::Nanos shortest_run{5'000'000'000};
// So long it must have been caught at everything.
constexpr harness::Nanos full_run = std::chrono::minutes{30};
constexpr std::uint32_t page = 500;

harness::Nanos now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

std::string read_file(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Beside us; empty where it was not built.
std::string find_trap() {
    std::error_code error;
    auto path =
        std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "libccd-trap.so";
    return std::filesystem::exists(path, error) ? path.string() : std::string{};
}

std::vector<State> unfinished_states() {
    return {State::held, State::queued, State::starting, State::running, State::retrying};
}

std::string joined(const std::vector<std::string>& sentences) {
    std::string text;
    for (const auto& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
    return text;
}

}  // namespace

Result<std::unique_ptr<Torture>> Torture::begin(const Ground& ground) {
    auto daemon = CCD_TRY(
        harness::PrivateDaemon::start({.parent = harness::scratch_directory(),
                                       .cards = 0,
                                       .values = {"jobs.max_running=16", "jobs.stop_grace=2s"}}));
    return std::unique_ptr<Torture>{new Torture{ground, std::move(daemon)}};
}

Torture::Torture(const Ground& ground, harness::PrivateDaemon daemon)
    : ground_(ground), daemon_(std::move(daemon)), trap_(find_trap()), random_(ground.seed) {
    for (std::size_t number = 0; number < clients * ground.scale; ++number)
        torturers_.push_back(
            std::make_unique<Torturer>(Torturer::Setup{.socket = daemon_.socket(),
                                                       .directory = ground.directory,
                                                       .number = number,
                                                       .seed = ground.seed},
                                       weather_));
}

// An attempt that counts as starting is lost only where its daemon died before it could say that it
// runs, and its shim too (see slay_some): so it is caught there again and again until that is seen.
std::string Torture::wanted() {
    auto is_sought = coverage_.is_wanted(State::starting, State::lost);
    if (is_sought && std::uniform_int_distribution{0, 99}(random_) < 30)
        return Coverage::only(Moment::before, State::starting, State::running);
    return coverage_.wanted();
}

// A sanitizer wants to be the first that is loaded.
std::vector<std::string> Torture::environment(bool is_armed) {
    if (trap_.empty()) return {};
    const char* options = std::getenv("ASAN_OPTIONS");
    return {"LD_PRELOAD=" + trap_, "CCD_TRAP_LOG=" + ground_.directory + "/caught",
            "CCD_TRAPS=" + (is_armed ? wanted() : ""),
            "ASAN_OPTIONS=" + (options == nullptr ? "" : std::string{options} + ":") +
                "verify_asan_link_order=0"};
}

Result<void> Torture::rage() {
    for (auto& torturer : torturers_) threads_.emplace_back([&one = *torturer] { one.run(); });
    auto began = now();
    auto end = began + std::max(ground_.duration, shortest_run);
    Result<void> good;
    while (good && now() < end) {
        weather_.daemon_is_up();
        kill_once();
        good = restart(Arm::perhaps);
    }
    // One that nobody kills any more.
    daemon_.kill();
    if (good) good = restart(Arm::no);
    raged_ = now() - began;
    weather_.is_over();
    // A client that waits for an answer gets it, or the end of its connection.
    for (auto& thread : threads_) thread.join();
    return good;
}

// It may be caught before it is ready: what it finds of its jobs it has to commit.
Result<void> Torture::restart(Arm arm) {
    for (;;) {
        slay_some(new_catches());
        weather_.set_wanted(coverage_);
        auto is_armed = arm == Arm::perhaps && std::uniform_int_distribution{0, 99}(random_) < 60;
        daemon_.set_environment(environment(is_armed));
        auto good = daemon_.restart();
        auto caught = good ? std::vector<Caught>{} : new_catches();
        if (good || caught.empty()) return good;
        ++killed_.at_transition;
        slay_some(caught);
    }
}

// It lives for some time, unless it is caught at something that is wanted before.
void Torture::kill_once() {
    std::uniform_int_distribution life{shortest_life.count(), longest_life.count()};
    if (daemon_.has_ended(Millis{life(random_)})) {
        ++killed_.at_transition;
        return;
    }
    ++killed_.at_random;
    daemon_.kill();
}

std::vector<Caught> Torture::new_catches() {
    std::ifstream file{ground_.directory + "/caught"};
    std::vector<Caught> all;
    for (std::string line; std::getline(file, line);)
        if (auto caught = parse_caught(line)) all.push_back(*caught);
    std::vector<Caught> fresh{all.begin() + static_cast<std::ptrdiff_t>(caught_.size()), all.end()};
    for (const auto& caught : fresh) coverage_.add(caught);
    caught_ = std::move(all);
    return fresh;
}

// While no daemon watches: then nobody can know how the attempt ended.
void Torture::slay_some(const std::vector<Caught>& caught) {
    auto begins = std::ranges::find_if(caught, [](const Caught& one) {
        return one.moment == Moment::before && one.to == State::running;
    });
    auto dice = std::uniform_int_distribution{0, 99}(random_);
    if (dice >= (begins != caught.end() ? 90 : 15)) return;
    auto shims = find_shims(daemon_.runtime_directory() + "/jobs");
    if (shims.empty()) return;
    auto chosen = std::ranges::find_if(
        shims, [&](const Shim& shim) { return begins != caught.end() && shim.job == begins->job; });
    if (chosen == shims.end())
        chosen = shims.begin() + static_cast<std::ptrdiff_t>(random_() % shims.size());
    slain_.insert({chosen->job, chosen->attempt});
    slay(*chosen);
}

// What is held is let go; all else ends by itself.
Result<void> Torture::wait_for_all(Client& client) {
    for (;;) {
        job::ListRequest unfinished{.state = unfinished_states()};
        unfinished.limit = page;
        auto jobs = CCD_TRY(client.call<job::List>(unfinished)).jobs;
        if (jobs.empty()) return {};
        job::IdsRequest held;
        job::WaitRequest all{.ids = {}, .any = true};
        for (const auto& view : jobs) {
            if (view.state == State::held) held.ids.push_back(view.id);
            all.ids.push_back(view.id);
        }
        // One may have ended meanwhile; then it is asked for again.
        if (!held.ids.empty()) static_cast<void>(client.call<job::Release>(held));
        CCD_TRY(client.call<job::Wait>(all));
    }
}

Result<Evidence> Torture::collect(Client& client) {
    Evidence evidence{.slain = slain_};
    for (auto& torturer : torturers_) {
        evidence.ledgers.push_back(torturer->ledger());
        auto lines = CCD_TRY(parse_lines(read_file(torturer->witness_file())));
        std::ranges::move(lines, std::back_inserter(evidence.lines));
    }
    job::ListRequest request;
    request.limit = page;
    do {
        auto found = CCD_TRY(client.call<job::List>(request)).jobs;
        if (found.empty()) break;
        request.before = found.back().id;
        std::ranges::move(found, std::back_inserter(evidence.jobs));
    } while (true);
    // The last of them says so: nothing happens any more.
    job::SubmitRequest last{.argv = {"/bin/true"}, .name = "last", .cwd = "/"};
    last.hold = true;
    auto id = CCD_TRY(client.call<job::Submit>(last)).id;
    auto events = CCD_TRY(Client::open(daemon_.socket(), patience));
    job::EventsRequest since;
    since.since = 0;
    CCD_TRY(events.follow<job::Events>(since, [&](const job::Event& event) {
        if (!event.job && !event.gap) return true;
        if (event.job == id) return false;
        evidence.events.push_back(event);
        return true;
    }));
    CCD_TRY(client.call<job::Cancel>({.ids = {id}, .reason = {}}));
    return evidence;
}

void Torture::judge_transitions(const Evidence& evidence, Report& report) const {
    std::vector<std::string> contradictions;
    for (const auto& caught : caught_)
        if (auto found = contradiction(caught, evidence.events)) contradictions.push_back(*found);
    report.end_step(
        "what it was caught at before its commit is not on record, after it is",
        contradictions.empty(),
        contradictions.empty() ? fmt::format("{} times", caught_.size()) : joined(contradictions));
    auto is_full_run = raged_ >= full_run;
    constexpr auto all = "caught at every transition, before and after its commit";
    if (trap_.empty())
        return report.end_step(all, !is_full_run, "libccd-trap.so is not here: only at random");
    std::fputs(coverage_.to_table(evidence.events).c_str(), stderr);
    report.end_step(all, coverage_.is_full() || !is_full_run,
                    fmt::format("{} of {}{}", coverage_.covered(), 2 * Coverage::rows,
                                coverage_.is_full() ? "" : "; not " + coverage_.missing()));
}

void Torture::judge_jobs(const Evidence& evidence, Report& report) const {
    auto verdict = stress::judge(evidence);
    auto why = joined(verdict.first);
    auto end = [&](const char* what, std::uint64_t broken, std::uint64_t of) {
        report.end_step(what, broken == 0,
                        fmt::format("{} of {}{}", broken, of, broken == 0 ? "" : ": " + why));
    };
    end("acknowledged jobs lost", verdict.lost, verdict.acknowledged);
    end("attempts run twice", verdict.twice, verdict.attempts);
    end("wrong states or exit codes", verdict.wrong, evidence.jobs.size());
    end("events out of order", verdict.disorder, verdict.events);
}

Result<void> Torture::judge(Report& report) {
    auto kills = std::max<std::uint64_t>(1, killed_.at_random + killed_.at_transition);
    auto cycle = harness::seconds_of(raged_) / static_cast<double>(kills);
    report.end_step(
        "kill it", true,
        fmt::format("{} times at random, {} at a transition, {} shims; {:.2f} s each; "
                    "--seed {}",
                    killed_.at_random, killed_.at_transition, slain_.size(), cycle, ground_.seed));
    Tally tally;
    for (auto& torturer : torturers_) {
        CCD_TRY(torturer->settle());
        tally.add(torturer->tally());
    }
    report.tally.add(tally);
    report.end_step("no request is refused that should not be", tally.failed == 0,
                    tally.first_error);
    auto client = CCD_TRY(Client::open(daemon_.socket(), patience));
    CCD_TRY(wait_for_all(client));
    report.end_step("everything ends", true);
    auto evidence = CCD_TRY(collect(client));
    judge_transitions(evidence, report);
    judge_jobs(evidence, report);
    auto left = find_processes(daemon_.runtime_directory() + "/jobs").size() +
                find_processes("CCD_SOCKET=" + daemon_.socket()).size();
    report.end_step("processes left over", left == 0, fmt::format("{}", left));
    admin::CheckReply check;
    CCD_TRY(client.follow<admin::Check>({}, [&](const admin::CheckReply& item) {
        check = item;
        return true;
    }));
    std::vector<std::string> findings;
    for (const auto& finding : check.findings)
        findings.push_back(finding.part + ", " + finding.subject + ": " + finding.detail);
    report.end_step(
        "admin check", check.done && check.found == 0,
        findings.empty()
            ? fmt::format("{} records, {} events, {} outputs fit", check.looked_at["records"],
                          check.looked_at["events"], check.looked_at["outputs"])
            : joined(findings));
    auto stopped = daemon_.stop();
    report.end_step("stop it", stopped.has_value(), stopped ? "" : stopped.error().message);
    if (!report.passed()) std::fprintf(stderr, "%s\n", daemon_.log().c_str());
    return {};
}

Result<void> torture(const Ground& ground, Report& report) {
    if (!ground.socket.empty()) {
        report.leave_out("this daemon is not ours to kill");
        return {};
    }
    auto torture = CCD_TRY(Torture::begin(ground));
    CCD_TRY(torture->rage());
    return torture->judge(report);
}

}  // namespace ccd::stress
