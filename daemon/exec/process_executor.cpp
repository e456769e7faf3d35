#include "daemon/exec/process_executor.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>

#include "daemon/exec/processes.h"
#include "daemon/exec/status.h"
#include "daemon/sys/machine.h"

namespace ccd::exec {
namespace {

constexpr Millis ask_pause{1'000};

// Where it cannot be read every attempt counts as begun in another boot: its shim is not trusted
// to be the one that claimed it.
std::string boot_id_or_none() {
    return sys::boot_id().value_or(std::string{});
}

}  // namespace

ProcessExecutor::ProcessExecutor(loop::Loop& loop, Paths paths, OnReport on_report)
    : on_report_(std::move(on_report)),
      loop_(loop),
      launcher_(Records(std::move(paths.records)), std::move(paths.shim), boot_id_or_none()),
      nonce_prefix_(std::move(paths.instance) + "-"),
      ask_again_(loop, [this] { ask_again(); }),
      sweeper_(loop,
               [this](const std::string& nonce) {
                   if (Job* job = find(nonce)) finish(nonce, Lost{job->loss});
               }),
      errands_(loop) {}

Result<void> ProcessExecutor::may_run(std::uint32_t uid) const {
    static const uid_t own = geteuid();
    if (uid == own) return {};
    return failure(Errc::denied,
                   "jobs of uid " + std::to_string(uid) +
                       " cannot run here: this ccd runs jobs as its own user, uid " +
                       std::to_string(own) +
                       ", only; start a ccd of your own, or use the systemd executor");
}

std::string ProcessExecutor::describe() const {
    return "jobs run as uid " + std::to_string(geteuid()) +
           ", each under a shim of its own; no kernel limits";
}

Result<void> ProcessExecutor::may_have(std::string_view property, std::uint32_t) const {
    auto name = std::string{property.substr(0, property.find('='))};
    return failure(Errc::denied, "property '" + name +
                                     "' belongs to a systemd unit, and jobs have none here "
                                     "(jobs.executor is process)");
}

void ProcessExecutor::start(Launch launch) {
    std::string nonce = launch.attempt.nonce;
    assert(find(nonce) == nullptr);
    add(launch.attempt, Phase::launching);
    errands_.run(
        [launcher = launcher_, launch = std::move(launch)] { return launcher.launch(launch); },
        [this, nonce](Result<Launched> launched) { on_launched(nonce, std::move(launched)); });
}

void ProcessExecutor::stop(const Attempt& attempt) {
    Job* job = find(attempt.nonce);
    if (job == nullptr) return;
    job->is_stop_wanted = true;
    if (job->phase == Phase::watched) send_signal(job->shim, SIGTERM);
}

void ProcessExecutor::signal(const Attempt& attempt, int signal) {
    Job* job = find(attempt.nonce);
    if (job != nullptr && job->phase == Phase::watched) queue_signal(job->shim, signal);
}

void ProcessExecutor::release(const Attempt& attempt) {
    errands_.run(
        [records = launcher_.records(), attempt] {
            records.remove(attempt);
            return true;
        },
        [](bool) {});
}

// What a job starts, however deep, has the shim above it: it takes in whoever loses his parent.
std::optional<Attempt> ProcessExecutor::owner_of(std::span<const std::string>,
                                                 std::span<const std::int64_t> ancestors) const {
    for (const auto& [nonce, job] : jobs_)
        if (job.shim && std::ranges::find(ancestors, job.shim_pid) != ancestors.end())
            return job.attempt;
    return std::nullopt;
}

std::vector<Attempt> ProcessExecutor::attempts() const {
    std::vector<Attempt> attempts;
    for (const auto& [nonce, job] : jobs_)
        if (job.is_expected) attempts.push_back(job.attempt);
    return attempts;
}

ProcessExecutor::Job* ProcessExecutor::find(const std::string& nonce) {
    auto at = jobs_.find(nonce);
    return at == jobs_.end() ? nullptr : &at->second;
}

ProcessExecutor::Job& ProcessExecutor::add(const Attempt& attempt, Phase phase) {
    Job& job = jobs_[attempt.nonce];
    job.attempt = attempt;
    job.phase = phase;
    return job;
}

void ProcessExecutor::on_launched(const std::string& nonce, Result<Launched> launched) {
    Job* job = find(nonce);
    if (!launched && launched.error().code == Errc::internal)
        return finish(nonce, NeverBegan{std::move(launched.error().message)});
    if (!launched) return finish(nonce, NotStarted{125, std::move(launched.error().message)});
    if (!launched->shim) {
        job->phase = Phase::searching;
        unfound_.push_back({.attempt = job->attempt, .was_running = true});
        return ask_again_.set(ask_pause);
    }
    job->shim = std::move(launched->shim);
    job->shim_pid = launched->shim_pid;
    job->status = std::move(launched->status);
    job->on_status.emplace(loop_, job->status.get(), [this, nonce] { on_status(nonce); });
    watch(*job);
}

void ProcessExecutor::watch(Job& job) {
    job.phase = Phase::watched;
    job.on_exit.emplace(loop_, job.shim.get(),
                        [this, nonce = job.attempt.nonce] { on_exit(nonce); });
    if (job.is_stop_wanted || !job.is_expected) send_signal(job.shim, SIGTERM);
}

void ProcessExecutor::on_status(const std::string& nonce) {
    Job* job = find(nonce);
    StartedMessage message;
    ssize_t length = read(job->status.get(), &message, sizeof message);
    if (length < 0 && errno == EAGAIN) return;
    Attempt attempt = job->attempt;
    if (length == sizeof message)
        job->started = Started{WallTime(Millis(message.at)), message.main_pid};
    std::optional<Started> started = job->started;
    job->on_status.reset();
    job->status.reset();
    if (started) on_report_({std::move(attempt), *started});
}

void ProcessExecutor::on_exit(const std::string& nonce) {
    // What the shim said before it went comes first.
    if (find(nonce)->on_status) on_status(nonce);
    if (Job* job = find(nonce)) conclude(*job);
}

void ProcessExecutor::conclude(Job& job) {
    job.phase = Phase::concluding;
    job.on_exit.reset();
    job.on_status.reset();
    if (job.shim) reap(job.shim);
    job.shim.reset();
    job.status.reset();
    errands_.run([records = launcher_.records(),
                  attempt = job.attempt] { return find_end(records, attempt); },
                 [this, nonce = job.attempt.nonce](Finding finding) {
                     on_finding(nonce, std::move(finding));
                 });
}

void ProcessExecutor::on_finding(const std::string& nonce, Finding finding) {
    Job* job = find(nonce);
    if (auto* alive = std::get_if<Alive>(&finding)) return found_alive(*job, std::move(*alive));
    if (auto* leftover = std::get_if<Leftover>(&finding)) {
        job->phase = Phase::sweeping;
        job->loss = std::move(leftover->reason);
        sweeper_.add(nonce);
        if (job->is_expected) on_report_({job->attempt, Sweeping{}});
        return;
    }
    if (std::holds_alternative<Unknown>(finding)) {
        unread_.push_back(nonce);
        return ask_again_.set(ask_pause);
    }
    if (auto* ended = std::get_if<Ended>(&finding)) return finish(nonce, *ended);
    if (auto* refused = std::get_if<NotStarted>(&finding))
        return finish(nonce, std::move(*refused));
    finish(nonce, std::move(std::get<NeverBegan>(finding)));
}

void ProcessExecutor::found_alive(Job& job, Alive alive) {
    job.shim = std::move(alive.shim);
    job.shim_pid = alive.shim_pid;
    job.started = alive.started;
    if (job.started->at == WallTime{}) job.started->at = loop_.now().wall;
    watch(job);
    if (job.is_expected) on_report_({job.attempt, *job.started});
}

void ProcessExecutor::finish(const std::string& nonce, decltype(Report::what) what) {
    auto* not_started = std::get_if<NotStarted>(&what);
    if (not_started && not_started->at == WallTime{}) not_started->at = loop_.now().wall;
    // `nonce` may belong to what is erased.
    auto gone = jobs_.extract(nonce);
    const Job& job = gone.mapped();
    if (job.is_expected)
        on_report_({job.attempt, std::move(what)});
    else
        release(job.attempt);
}

Result<void> ProcessExecutor::adopt(std::span<const Expected> expected) {
    const Records& records = launcher_.records();
    CCD_TRY(records.create_folder());
    std::vector<Attempt> strays = CCD_TRY(records.list());
    std::erase_if(strays, [this](const Attempt& attempt) {
        return !attempt.nonce.starts_with(nonce_prefix_);
    });
    std::vector<Expected> wanted;
    std::vector<std::string> known;
    for (const Expected& one : expected) {
        std::erase(strays, one.attempt);
        if (find(one.attempt.nonce) != nullptr) {
            known.push_back(one.attempt.nonce);
            continue;
        }
        add(one.attempt, Phase::searching);
        wanted.push_back(one);
    }
    for (const Attempt& stray : strays) adopt_stray(stray, wanted);
    search(std::move(wanted));
    if (!known.empty())
        errands_.run([known] { return known; },
                     [this](const std::vector<std::string>& nonces) {
                         for (const std::string& nonce : nonces) report_again(nonce);
                     });
    return {};
}

void ProcessExecutor::adopt_stray(const Attempt& attempt, std::vector<Expected>& wanted) {
    Job* job = find(attempt.nonce);
    if (job == nullptr) {
        job = &add(attempt, Phase::searching);
        wanted.push_back({.attempt = attempt});
    }
    job->is_expected = false;
    stop(attempt);
}

// On one thread of the pool, one after the other: this is the start of the daemon.
void ProcessExecutor::search(std::vector<Expected> expected) {
    auto look = [records = launcher_.records(), boot_id = launcher_.boot_id(), expected] {
        std::vector<Finding> findings;
        for (const Expected& one : expected)
            findings.push_back(find_attempt(records, boot_id, one));
        return findings;
    };
    errands_.run(look, [this, expected](std::vector<Finding> findings) {
        for (std::size_t i = 0; i < expected.size(); ++i)
            if (std::holds_alternative<Unknown>(findings[i]))
                unfound_.push_back(expected[i]);
            else
                on_finding(expected[i].attempt.nonce, std::move(findings[i]));
        if (!unfound_.empty()) ask_again_.set(ask_pause);
    });
}

void ProcessExecutor::ask_again() {
    for (const std::string& nonce : std::exchange(unread_, {})) conclude(*find(nonce));
    if (!unfound_.empty()) search(std::exchange(unfound_, {}));
}

void ProcessExecutor::report_again(const std::string& nonce) {
    Job* job = find(nonce);
    if (job == nullptr) return;
    if (job->phase == Phase::sweeping) return on_report_({job->attempt, Sweeping{}});
    if (job->phase == Phase::watched && job->started) on_report_({job->attempt, *job->started});
}

}  // namespace ccd::exec
