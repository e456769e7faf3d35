#include "daemon/exec/systemd_executor.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "daemon/exec/log_file.h"
#include "daemon/exec/property.h"
#include "daemon/exec/sealed_spec.h"
#include "daemon/sys/account.h"

namespace ccd::exec {
namespace {

// A manager that answers later than this is said to be away; it may be busy, and is waited for.
constexpr Millis patience{5'000};
constexpr Millis look_pause{1'000};
// Between two looks for what is left of a job: at first, and at most.
constexpr Millis first_pause{5};
constexpr Millis longest_pause{1'000};
constexpr Millis resync_pause{100};

// Nobody's own: what the kernel calls a user that has no number here, and no user at all.
constexpr std::uint32_t overflow_uid = 65'534;
constexpr std::uint32_t no_uid = 0xffff'ffff;

Millis milliseconds(std::uint64_t microseconds) {
    return Millis(static_cast<std::int64_t>(microseconds / 1'000));
}

struct LaidOut {
    Launch launch;
    Result<Layout> layout;
};

// On a thread of the pool.
Result<Layout> lay_out(const Launch& launch, const std::string& boot_id, bool is_of_system) {
    UniqueFd log = CCD_TRY(open_log(launch.log_file));
    auto make = [&]() -> Result<Layout> {
        Layout layout;
        if (is_of_system) layout.user = CCD_TRY(sys::open_account(launch.uid));
        layout.spec = CCD_TRY(seal_spec(launch, boot_id));
        if (is_of_system) layout.devices = allowed_devices(launch.limits);
        return layout;
    };
    Result<Layout> layout = make();
    if (layout)
        layout->log = std::move(log);
    else
        give_up_log(log, launch.log_file, layout.error());
    return layout;
}

}  // namespace

SystemdExecutor::SystemdExecutor(loop::Loop& loop, Setup setup, OnReport on_report, OnAway on_away)
    : loop_(loop),
      setup_(std::move(setup)),
      on_report_(std::move(on_report)),
      on_away_(std::move(on_away)),
      resync_(loop, [this] { resync(); }),
      patience_(loop, [this] { look_at_patience(); }),
      manager_(
          loop, setup_.bus,
          {.on_up =
               [this] {
                   for (auto& [nonce, job] : jobs_) job.is_told_to_stop = false;
                   resync();
               },
           .on_down =
               [this](const std::string& why) {
                   is_synced_ = false;
                   tell_away("the service manager cannot be reached: " + why);
               },
           .on_change = [this](const std::string& name,
                               sd_bus_message* properties) { on_change(name, properties); },
           .on_job_removed = [this](const std::string& name,
                                    const std::string& result) { on_job_removed(name, result); },
           .on_removed =
               [this](const std::string& name) {
                   if (find_unit(name) != nullptr) resync_.set(resync_pause);
               }}),
      errands_(loop) {}

std::string SystemdExecutor::describe() const {
    if (setup_.is_of_system) return "jobs run as their users, each as a service in ccd-jobs.slice";
    return "jobs run as services of this user's own manager, in ccd-jobs.slice" +
           setup_.limits_of_user;
}

Result<void> SystemdExecutor::may_run(std::uint32_t uid) const {
    if (setup_.is_of_system && uid != overflow_uid && uid != no_uid) return {};
    if (!setup_.is_of_system && uid == geteuid()) return {};
    return failure(Errc::denied, "jobs of uid " + std::to_string(uid) + " cannot run here" +
                                     (setup_.is_of_system ? "" : ": this ccd is another user's"));
}

Result<void> SystemdExecutor::may_have(std::string_view property) const {
    CCD_TRY(parse_property(property));
    return {};
}

SystemdExecutor::Job* SystemdExecutor::find(const std::string& nonce) {
    auto at = jobs_.find(nonce);
    return at == jobs_.end() ? nullptr : &at->second;
}

SystemdExecutor::Job* SystemdExecutor::find_unit(const std::string& name) {
    auto attempt = parse_unit_name(name, setup_.instance);
    return attempt ? find(attempt->nonce) : nullptr;
}

SystemdExecutor::Job& SystemdExecutor::add(const Attempt& attempt, Phase phase) {
    Job& job = jobs_[attempt.nonce];
    job.attempt = attempt;
    job.phase = phase;
    job.pause = first_pause;
    return job;
}

void SystemdExecutor::start(Launch launch) {
    assert(find(launch.attempt.nonce) == nullptr);
    Job& job = add(launch.attempt, Phase::laying_out);
    job.log_file = launch.log_file;
    job.unit.stop_grace = static_cast<std::uint64_t>(launch.stop_grace.count()) * 1'000;
    if (launch.limits.time)
        job.unit.time_limit = static_cast<std::uint64_t>(launch.limits.time->count()) * 1'000;
    errands_.run(
        [launch = std::move(launch), boot_id = setup_.boot_id,
         is_of_system = setup_.is_of_system]() mutable {
            auto layout = lay_out(launch, boot_id, is_of_system);
            return LaidOut{std::move(launch), std::move(layout)};
        },
        [this](LaidOut laid_out) { on_layout(laid_out.launch, std::move(laid_out.layout)); });
}

void SystemdExecutor::on_layout(const Launch& launch, Result<Layout> layout) {
    Job& job = *find(launch.attempt.nonce);
    if (!layout && layout.error().code == Errc::internal)
        return finish(job, NeverBegan{std::move(layout.error().message)});
    if (!layout)
        return finish(job, NotStarted{125, std::move(layout.error().message), loop_.now().wall});
    if (job.is_stop_wanted || !job.is_expected) return finish(job, NeverBegan{});
    job.phase = Phase::asking;
    if (!patience_.is_set()) patience_.set(patience);
    manager_.start(
        launch, *layout, setup_.shim,
        [this, nonce = job.attempt.nonce](const Result<void>& answer) { on_asked(nonce, answer); });
}

void SystemdExecutor::on_asked(const std::string& nonce, const Result<void>& answer) {
    Job* job = find(nonce);
    if (job == nullptr || job->phase != Phase::asking) return;
    if (answer) {
        job->phase = Phase::living;
        return consider(*job);
    }
    const auto& [code, message] = std::pair{answer.error().code, answer.error().message};
    if (code == Errc::bad_request)
        return refuse(
            *job, NotStarted{125, "the service manager refuses it: " + message, loop_.now().wall});
    // There may be a unit of it now. The list tells; while the bus is away it will.
    if (code == Errc::timeout || code == Errc::conflict) {
        job->phase = Phase::unsettled;
        return resync_.set(resync_pause);
    }
    finish(*job, NeverBegan{"the service manager cannot start it: " + message});
}

// It never will begin, and its log is to say so.
void SystemdExecutor::refuse(Job& job, NotStarted refused) {
    job.phase = Phase::laying_out;
    errands_.run(
        [path = job.log_file, reason = refused.reason] {
            if (auto log = path.empty() ? Result<UniqueFd>{} : open_log(path); log && *log)
                write_last_line(*log, reason);
            return true;
        },
        [this, nonce = job.attempt.nonce, refused](bool) { finish(*find(nonce), refused); });
}

void SystemdExecutor::stop(const Attempt& attempt) {
    Job* job = find(attempt.nonce);
    if (job == nullptr) return;
    job->is_stop_wanted = true;
    consider(*job);
}

void SystemdExecutor::release(const Attempt& attempt) {
    if (auto ended = ended_.extract(attempt.nonce)) let_go(attempt.nonce, ended.mapped());
}

// Below his own manager a user may give a unit any name, also that of another's job.
std::optional<Attempt> SystemdExecutor::owner_of(std::span<const std::string> units,
                                                 std::span<const std::int64_t>) const {
    for (const auto& unit : units) {
        if (setup_.is_of_system && unit.starts_with("user@")) return std::nullopt;
        if (auto attempt = parse_unit_name(unit, setup_.instance)) return attempt;
    }
    return std::nullopt;
}

// What cannot be sent now is found on the next list, known by nobody.
void SystemdExecutor::let_go(const std::string& nonce, bool is_failed) {
    auto name = unit_name({.nonce = nonce});
    is_failed ? manager_.reset(name) : manager_.stop(name);
}

Result<void> SystemdExecutor::adopt(std::span<const Expected> expected) {
    // What was told and not let go is to be found, and told, once more, or let go.
    ended_.clear();
    is_adopted_ = true;
    std::unordered_set<std::string> nonces;
    for (const Expected& one : expected) {
        nonces.insert(one.attempt.nonce);
        Job* job = find(one.attempt.nonce);
        if (job == nullptr) job = &add(one.attempt, Phase::searching);
        // That nobody knew it is no reason any more; who wants it stopped says so again.
        if (!job->is_expected) job->is_stop_wanted = false;
        job->expected = one;
        job->is_expected = true;
        job->is_owed_word = true;
    }
    for (auto& [nonce, job] : jobs_) {
        if (nonces.contains(nonce)) continue;
        job.is_expected = false;
        job.is_stop_wanted = true;
    }
    resync_.set(Millis{0});
    return {};
}

// Before it is known what is expected, nothing can be told to be a stray.
void SystemdExecutor::resync() {
    if (!is_adopted_) return;
    if (!manager_.is_up()) {
        // At the start, before anything is to be begun.
        if (away_.empty()) tell_away("the service manager has not been reached yet");
        return;
    }
    // Only those that the manager can have known when it was asked.
    std::vector<std::string> judged;
    for (const auto& [nonce, job] : jobs_)
        if (job.phase != Phase::laying_out && job.phase != Phase::asking) judged.push_back(nonce);
    manager_.list("ccd-job-" + setup_.instance + "-*.service",
                  [this, judged](const Result<std::vector<Manager::Listed>>& listed) {
                      on_listed(judged, listed);
                  });
}

void SystemdExecutor::on_listed(const std::vector<std::string>& judged,
                                const Result<std::vector<Manager::Listed>>& listed) {
    if (!listed) return resync_.set(look_pause);
    std::vector<std::string> there;
    for (const auto& unit : *listed) {
        auto attempt = parse_unit_name(unit.name, setup_.instance);
        if (!attempt || ended_.contains(attempt->nonce)) continue;
        there.push_back(attempt->nonce);
        found(*attempt, unit.path);
    }
    std::ranges::sort(there);
    for (const auto& nonce : judged)
        if (Job* job = find(nonce); job && !std::ranges::binary_search(there, nonce))
            not_found(*job);
    is_synced_ = true;
    tell_away({});
}

void SystemdExecutor::found(const Attempt& attempt, const std::string& path) {
    Job* job = find(attempt.nonce);
    if (job == nullptr) {
        job = &add(attempt, Phase::living);
        job->is_expected = false;
        job->is_stop_wanted = true;
    }
    if (job->phase == Phase::laying_out || job->phase == Phase::asking) return;
    if (job->phase != Phase::emptying) job->phase = Phase::living;
    manager_.look(path, [this, nonce = attempt.nonce](Result<UnitState> unit) {
        on_state(nonce, std::move(unit));
    });
}

void SystemdExecutor::on_state(const std::string& nonce, Result<UnitState> unit) {
    Job* job = find(nonce);
    if (job == nullptr) return;
    // Not there any more, or the bus has broken: the next list tells.
    if (!unit) return resync_.set(resync_pause);
    job->unit = std::move(*unit);
    job->is_looked_into = false;
    if (!job->stopped_at) job->stopped_at = parse_stopped_at(job->unit.description);
    if (job->is_owed_word && !job->unit.is_over()) tell_started(*job);
    consider(*job);
}

void SystemdExecutor::not_found(Job& job) {
    switch (job.phase) {
        case Phase::laying_out:
        case Phase::asking:
            return;
        case Phase::unsettled:
            return finish(job, NeverBegan{"the service manager did not hear of it"});
        case Phase::searching:
            if (!job.expected.was_running && job.expected.is_same_boot)
                return finish(job, NeverBegan{});
            return finish(job, Lost{job.expected.is_same_boot
                                        ? "the service manager knows nothing of it any more"
                                        : "the machine was started anew meanwhile"});
        case Phase::living:
        case Phase::emptying:
            if (job.unit.is_over()) return conclude(job);
            return finish(job, Lost{"its unit was removed"});
    }
}

void SystemdExecutor::on_change(const std::string& name, sd_bus_message* properties) {
    Job* job = find_unit(name);
    if (job != nullptr && job->unit.read(properties)) consider(*job);
}

void SystemdExecutor::on_job_removed(const std::string& name, const std::string& result) {
    Job* job = find_unit(name);
    if (job == nullptr || result == "done" || job->unit.is_over()) return;
    auto is_waiting_to_begin = job->phase == Phase::asking || job->phase == Phase::living;
    if (!is_waiting_to_begin || job->unit.began_at != 0) return;
    finish(*job, NeverBegan{job->is_stop_wanted ? "" : "its start was called off: " + result});
}

// What follows from what is known of it now.
void SystemdExecutor::consider(Job& job) {
    if (job.phase != Phase::living && job.phase != Phase::emptying) return;
    if (job.unit.was_active() && !job.is_started_told) tell_started(job);
    if (!job.unit.is_over()) {
        if (job.is_stop_wanted && !job.is_told_to_stop) tell_to_stop(job);
        return;
    }
    job.phase = Phase::emptying;
    if (!job.is_looked_into) look_for_rest(job);
}

void SystemdExecutor::tell_started(Job& job) {
    job.is_started_told = true;
    job.is_owed_word = false;
    if (!job.is_expected) return;
    auto at = WallTime(milliseconds(job.unit.began_at));
    on_report_({job.attempt, Started{job.unit.was_active() ? at : loop_.now().wall,
                                     static_cast<std::int64_t>(job.unit.main_pid)}});
}

void SystemdExecutor::tell_to_stop(Job& job) {
    auto name = unit_name(job.attempt);
    job.is_told_to_stop = true;
    if (!job.stopped_at) job.stopped_at = loop_.now().wall;
    job.kill_at = loop_.now().time + milliseconds(job.unit.stop_grace);
    set_timer(job, milliseconds(job.unit.stop_grace));
    // Nothing of it is there to be signalled: its start waits for something else.
    if (job.unit.began_at == 0) return manager_.stop(name);
    manager_.describe(name, description_of(job.attempt, job.stopped_at));
    manager_.kill(name, SIGTERM);
}

void SystemdExecutor::set_timer(Job& job, Millis in) {
    if (!job.timer)
        job.timer.emplace(loop_, [this, nonce = job.attempt.nonce] { on_timer(nonce); });
    job.timer->set(in);
}

void SystemdExecutor::on_timer(const std::string& nonce) {
    Job& job = *find(nonce);
    if (job.phase == Phase::emptying) return look_for_rest(job);
    // Its grace is over. What the kernel does not let go is told again, less and less often.
    manager_.kill(unit_name(job.attempt), SIGKILL);
    set_timer(job, look_pause);
}

void SystemdExecutor::look_for_rest(Job& job) {
    job.is_looked_into = true;
    manager_.count_processes(unit_name(job.attempt),
                             [this, nonce = job.attempt.nonce](const Result<std::size_t>& count) {
                                 on_rest(nonce, count);
                             });
}

void SystemdExecutor::on_rest(const std::string& nonce, const Result<std::size_t>& count) {
    Job* job = find(nonce);
    if (job == nullptr || job->phase != Phase::emptying) return;
    auto is_gone = !count && count.error().code == Errc::not_found;
    auto is_empty = count && *count == 0 && !job->unit.is_changing();
    if (is_gone || is_empty) return conclude(*job);
    if (!count && !manager_.is_up()) return;  // the list that follows looks again
    auto is_in_grace = job->is_told_to_stop && loop_.now().time < job->kill_at;
    if (!is_in_grace) manager_.kill(unit_name(job->attempt), SIGKILL);
    if (std::exchange(job->is_owed_word, false)) on_report_({job->attempt, Sweeping{}});
    set_timer(*job, job->pause);
    job->pause = std::min(2 * job->pause, longest_pause);
}

void SystemdExecutor::conclude(Job& job) {
    UnitOutcome outcome = outcome_of(job.unit, job.stopped_at);
    if (may_be_shutdown(outcome) && !job.is_cause_asked) return ask_for_shutdown(job);
    ended_[job.attempt.nonce] = job.unit.active == "failed";
    auto* refused = std::get_if<NotStarted>(&outcome);
    // Then the shim has not said it.
    if (refused != nullptr && job.unit.status.empty()) return refuse(job, std::move(*refused));
    std::visit([&](auto& what) { finish(job, std::move(what)); }, outcome);
}

bool SystemdExecutor::may_be_shutdown(const UnitOutcome& outcome) const {
    const auto* ended = std::get_if<Ended>(&outcome);
    return ended != nullptr && ended->cause == Cause::manager && !is_stopping_;
}

// While the machine goes down no job is begun in the place of one that has ended: it would be lost.
void SystemdExecutor::ask_for_shutdown(Job& job) {
    job.is_cause_asked = true;
    manager_.ask_state([this, nonce = job.attempt.nonce](const Result<std::string>& state) {
        if (state && *state == "stopping") {
            tell_away("the service manager is shutting down");
            is_stopping_ = true;
        }
        if (Job* asked = find(nonce)) conclude(*asked);
    });
}

void SystemdExecutor::finish(Job& job, decltype(Report::what) what) {
    auto gone = jobs_.extract(job.attempt.nonce);
    if (job.is_expected)
        on_report_({job.attempt, std::move(what)});
    else
        release(job.attempt);
}

void SystemdExecutor::tell_away(const std::string& why) {
    if (is_stopping_ && why.empty()) return;
    if (std::exchange(away_, why) != why) on_away_(why);
}

void SystemdExecutor::look_at_patience() {
    auto since = manager_.waiting_since();
    if (!manager_.is_up() || !is_synced_) return;
    auto waited = since ? loop_.now().time - *since : Time::duration{};
    if (waited >= patience)
        tell_away("the service manager has not answered for " +
                  std::to_string(std::chrono::floor<std::chrono::seconds>(waited).count()) + " s");
    else
        tell_away({});
    if (since) patience_.set(look_pause);
}

}  // namespace ccd::exec
