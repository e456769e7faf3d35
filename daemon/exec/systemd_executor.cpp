#include "daemon/exec/systemd_executor.h"

#include <unistd.h>

#include <cassert>
#include <utility>

#include "daemon/exec/log_file.h"
#include "daemon/exec/property.h"

namespace ccd::exec {
namespace {

// A manager that answers later than this is said to be away; it may be busy, and is waited for.
constexpr Millis patience{5'000};

// Nobody's own: what the kernel calls a user that has no number here, and no user at all.
constexpr std::uint32_t overflow_uid = 65'534;
constexpr std::uint32_t no_uid = 0xffff'ffff;

// What comes back from the pool.
struct LaidOut {
    Launch launch;
    Result<Layout> layout;
};

}  // namespace

SystemdExecutor::SystemdExecutor(loop::Loop& loop, Setup setup, OnReport on_report, OnAway on_away)
    : loop_(loop),
      setup_(std::move(setup)),
      on_report_(std::move(on_report)),
      on_away_(std::move(on_away)),
      resync_(loop, [this] { resync(); }),
      patience_(loop, [this] { look_at_patience(); }),
      shutdown_(loop, [this] { ask_again_for_shutdown(); }),
      units_(loop, setup_.bus,
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

Result<void> SystemdExecutor::may_have(std::string_view property, std::uint32_t cpus) const {
    return check_property(property, cpus);
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

bool SystemdExecutor::may_have_unit(const Job& job) {
    return job.phase != Phase::laying_out && job.phase != Phase::asking &&
           job.phase != Phase::concluding;
}

void SystemdExecutor::start(Launch launch) {
    assert(find(launch.attempt.nonce) == nullptr);
    Job& job = add(launch.attempt, Phase::laying_out);
    job.expected = {.attempt = launch.attempt,
                    .log_file = launch.log_file,
                    .program = launch.argv.empty() ? "" : launch.argv.front(),
                    .cwd = launch.cwd,
                    .stdin_file = launch.stdin_file};
    job.unit.stop_grace = static_cast<std::uint64_t>(launch.stop_grace.count()) * 1'000;
    job.unit.time_limit = runtime_max(launch);
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
    units_.start(
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
    job.phase = Phase::concluding;
    errands_.run(
        [path = job.expected.log_file, reason = refused.reason] {
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

// One that has not gone is found on the next list, known by nobody. While the bus is away there is
// none, and once it is back there is.
void SystemdExecutor::let_go(const std::string& nonce, Remains remains) {
    auto name = unit_name({.nonce = nonce});
    auto on_answer = [this](const Result<void>& answer) {
        if (!answer && answer.error().code != Errc::not_found) resync_.set(look_pause);
    };
    remains == Remains::failed_unit ? units_.reset(name, on_answer) : units_.stop(name, on_answer);
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

void SystemdExecutor::tell_away(const std::string& why) {
    if (is_stopping_ && why.empty()) return;
    if (std::exchange(away_, why) != why) on_away_(why);
}

void SystemdExecutor::look_at_patience() {
    auto since = units_.waiting_since();
    if (!units_.is_up() || !is_synced_) return;
    auto waited = since ? loop_.now().time - *since : Time::duration{};
    if (waited >= patience)
        tell_away("the service manager has not answered for " +
                  std::to_string(std::chrono::floor<std::chrono::seconds>(waited).count()) + " s");
    else
        tell_away({});
    if (since) patience_.set(look_pause);
}

}  // namespace ccd::exec
