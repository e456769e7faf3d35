#include "daemon/exec/systemd_executor.h"

#include <unistd.h>

#include <utility>

#include "daemon/exec/property.h"

namespace ccd::exec {
namespace {

// Nobody's own: what the kernel calls a user that has no number here, and no user at all.
constexpr std::uint32_t overflow_uid = 65'534;
constexpr std::uint32_t no_uid = 0xffff'ffff;

}  // namespace

SystemdExecutor::SystemdExecutor(loop::Loop& loop, Setup setup, OnReport on_report, OnAway on_away)
    : loop_(loop),
      setup_(std::move(setup)),
      on_report_(std::move(on_report)),
      on_away_(std::move(on_away)),
      resync_(loop, [this] { resync(); }),
      patience_(loop, [this] { look_at_patience(); }),
      shutdown_(loop, [this] { ask_again_for_shutdown(); }),
      idle_(loop,
            [this] {
                if (jobs_.empty()) units_.stop_listening();
            }),
      directory_(loop, [this] { on_silent_directory(); }),
      misstarts_(setup_.put_off),
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
    auto how = is_of_machine()
                   ? "jobs run as their users, each as a service in ccd-jobs.slice"
                   : "jobs run as services of this user's own manager, in ccd-jobs.slice";
    return how + setup_.shortcomings;
}

Result<void> SystemdExecutor::may_run(std::uint32_t uid) const {
    if (is_of_machine() && uid != overflow_uid && uid != no_uid) return {};
    if (!is_of_machine() && uid == geteuid()) return {};
    return failure(Errc::denied, "jobs of uid " + std::to_string(uid) + " cannot run here" +
                                     (is_of_machine() ? "" : ": this ccd is another user's"));
}

Result<void> SystemdExecutor::may_have(std::string_view property, std::uint32_t cpus) const {
    return check_property(property, cpus);
}

std::vector<Attempt> SystemdExecutor::attempts() const {
    std::vector<Attempt> attempts;
    for (const auto& [nonce, job] : jobs_)
        if (job.is_expected) attempts.push_back(job.attempt);
    return attempts;
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
    units_.listen();
    return job;
}

bool SystemdExecutor::may_have_unit(const Job& job) {
    return job.phase != Phase::laying_out && job.phase != Phase::asking &&
           job.phase != Phase::concluding;
}

void SystemdExecutor::stop(const Attempt& attempt) {
    Job* job = find(attempt.nonce);
    if (job == nullptr) return;
    job->is_stop_wanted = true;
    consider(*job);
}

void SystemdExecutor::signal(const Attempt& attempt, int signal) {
    Job* job = find(attempt.nonce);
    auto is_alive = job != nullptr && job->phase == Phase::living && job->unit.began_at != 0;
    if (is_alive) units_.kill(unit_name(attempt), signal);
}

void SystemdExecutor::release(const Attempt& attempt) {
    if (auto ended = ended_.extract(attempt.nonce)) let_go(attempt.nonce, ended.mapped());
}

// Below his own manager a user may give a unit any name, also that of another's job.
std::optional<Attempt> SystemdExecutor::owner_of(std::span<const std::string> units,
                                                 std::span<const std::int64_t>) const {
    for (const auto& unit : units) {
        if (setup_.scope == Scope::machine && unit.starts_with("user@")) return std::nullopt;
        if (auto attempt = parse_unit_name(unit, setup_.instance)) return attempt;
    }
    return std::nullopt;
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
    not_begun(*job, "its start was called off: " + result, Misstarts::Reason::any);
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

void SystemdExecutor::tell_beginning(Job& job) {
    job.is_owed_word = false;
    if (job.is_expected) on_report_({job.attempt, Beginning{}});
}

void SystemdExecutor::tell_started(Job& job) {
    job.is_started_told = true;
    misstarts_.begun(job.attempt.job);
    job.is_owed_word = false;
    if (!job.is_expected) return;
    auto at = WallTime(milliseconds(job.unit.began_at));
    on_report_({job.attempt, Started{at, static_cast<std::int64_t>(job.unit.main_pid)}});
}

void SystemdExecutor::tell_away(const std::string& why) {
    if (is_stopping_ && why.empty()) return;
    if (std::exchange(away_, why) != why) on_away_(why);
}

void SystemdExecutor::look_at_patience() {
    auto since = units_.waiting_since();
    if (!units_.is_up() || !is_synced_) return;
    auto waited = since ? loop_.now().time - *since : Time::duration{};
    if (waited >= setup_.patience)
        tell_away("the service manager has not answered for " +
                  std::to_string(std::chrono::floor<std::chrono::seconds>(waited).count()) + " s");
    else
        tell_away({});
    if (since) patience_.set(look_pause);
}

}  // namespace ccd::exec
