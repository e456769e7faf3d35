// How attempts end: by a stop, or by themselves, and with all that is left of them.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/exec/log_file.h"
#include "daemon/exec/systemd_executor.h"

namespace ccd::exec {
namespace {

constexpr Millis longest_pause{1'000};

}  // namespace

void SystemdExecutor::tell_to_stop(Job& job) {
    auto name = unit_name(job.attempt);
    job.is_told_to_stop = true;
    if (!job.stopped_at) job.stopped_at = loop_.now().wall;
    job.kill_at = loop_.now().time + milliseconds(job.unit.stop_grace);
    set_timer(job, milliseconds(job.unit.stop_grace));
    // Nothing of it is there to be signalled: its start waits for something else.
    if (job.unit.began_at == 0) return units_.stop(name, {});
    units_.describe(name, description_of(job.attempt, job.stopped_at));
    units_.kill(name, SIGTERM);
    // One that was suspended would sleep through its grace.
    units_.kill(name, SIGCONT);
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
    units_.kill(unit_name(job.attempt), SIGKILL);
    set_timer(job, look_pause);
}

void SystemdExecutor::look_for_rest(Job& job) {
    job.is_looked_into = true;
    units_.count_processes(unit_name(job.attempt),
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
    if (!count && !units_.is_up()) return;  // the list that follows looks again
    auto is_in_grace = job->is_told_to_stop && loop_.now().time < job->kill_at;
    if (!is_in_grace) units_.kill(unit_name(job->attempt), SIGKILL);
    if (std::exchange(job->is_owed_word, false)) on_report_({job->attempt, Sweeping{}});
    set_timer(*job, job->pause);
    job->pause = std::min(2 * job->pause, longest_pause);
}

void SystemdExecutor::conclude(Job& job) {
    const auto& launch = job.expected;
    UnitOutcome outcome =
        outcome_of(job.unit, job.stopped_at,
                   {.program = launch.program, .cwd = launch.cwd, .stdin_file = launch.stdin_file});
    if (may_be_shutdown(outcome) && !job.is_cause_asked) return ask_for_shutdown(job);
    job.remains = job.unit.active == "failed" ? Remains::failed_unit : Remains::unit;
    auto* refused = std::get_if<NotStarted>(&outcome);
    // Then the shim has not said it.
    if (refused != nullptr && !refusal_of(job.unit)) return refuse(job, std::move(*refused));
    auto* none = std::get_if<NeverBegan>(&outcome);
    if (none != nullptr && is_unclear(*none, job))
        return not_begun(job, std::move(none->reason), Misstarts::Reason::any);
    if (none != nullptr) none->blame = NeverBegan::Blame::executor;
    std::visit([&](auto& what) { finish(job, std::move(what)); }, outcome);
}

// Where ccd-shim is not to be had, nobody needs to fail before it is known whose fault it is.
bool SystemdExecutor::is_unclear(const NeverBegan& none, const Job& job) const {
    auto is_shim_gone =
        job.unit.exit_status == exec_status && access(setup_.shim.c_str(), X_OK) != 0;
    return none.blame == NeverBegan::Blame::attempt && !is_shim_gone;
}

bool SystemdExecutor::may_be_shutdown(const UnitOutcome& outcome) const {
    const auto* ended = std::get_if<Ended>(&outcome);
    return ended != nullptr && ended->cause == Cause::manager && !is_stopping_;
}

// While the machine goes down no job is begun in the place of one that has ended: it would be lost.
void SystemdExecutor::ask_for_shutdown(Job& job) {
    job.is_cause_asked = true;
    units_.ask_state([this, nonce = job.attempt.nonce](const Result<std::string>& state) {
        learn_state(state);
        if (Job* asked = find(nonce)) conclude(*asked);
    });
}

void SystemdExecutor::learn_state(const Result<std::string>& state) {
    if (!state || *state != "stopping") return;
    tell_away("the service manager is shutting down");
    is_stopping_ = true;
    shutdown_.set(setup_.look_again);
}

// A shutdown can be called off.
void SystemdExecutor::ask_again_for_shutdown() {
    units_.ask_state([this](const Result<std::string>& state) {
        // Where it does not say, it is as it was.
        if (!state) return shutdown_.set(setup_.look_again);
        is_stopping_ = false;
        learn_state(state);
        if (!is_stopping_ && is_synced_) tell_away({});
    });
}

void SystemdExecutor::finish(Job& job, decltype(Report::what) what) {
    auto gone = jobs_.extract(job.attempt.nonce);
    if (jobs_.empty()) idle_.set(setup_.idle_after);
    if (job.remains != Remains::none) ended_[job.attempt.nonce] = job.remains;
    if (std::holds_alternative<NeverBegan>(what))
        errands_.run([path = job.expected.log_file] { return drop_empty_log(path), true; },
                     [](bool) {});
    else
        misstarts_.forget(job.attempt.job);
    if (job.is_expected)
        on_report_({job.attempt, std::move(what)});
    else
        release(job.attempt);
}

}  // namespace ccd::exec
