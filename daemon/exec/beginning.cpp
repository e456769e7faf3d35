// How attempts begin: the account, what is laid out, the call, and what follows if it fails.
#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "daemon/exec/log_file.h"
#include "daemon/exec/systemd_executor.h"
#include "daemon/sys/account.h"

namespace ccd::exec {
namespace {

// What comes back from the pool.
struct LaidOut {
    Launch launch;
    Result<Layout> layout;
};

}  // namespace

void SystemdExecutor::start(Launch launch) {
    assert(find(launch.attempt.nonce) == nullptr);
    Job& job = add(launch.attempt, Phase::laying_out);
    job.expected = {.attempt = launch.attempt,
                    .uid = launch.uid,
                    .log_file = launch.log_file,
                    .program = launch.argv.empty() ? "" : launch.argv.front(),
                    .cwd = launch.cwd,
                    .stdin_file = launch.stdin_file};
    job.unit.stop_grace = static_cast<std::uint64_t>(launch.stop_grace.count()) * 1'000;
    job.unit.time_limit = runtime_max(launch);
    if (setup_.scope == Scope::user) return begin_layout(std::move(launch));
    auto uid = launch.uid;
    auto [at, is_new] = look_ups_.try_emplace(uid, LookUp{.since = loop_.now().time});
    at->second.launches.push_back(std::move(launch));
    if (is_new) look_up(uid);
}

// Who stands in the files of the machine never waits for others, whose directory may be silent.
void SystemdExecutor::look_up(std::uint32_t uid) {
    if (!directory_.is_set()) directory_.set(setup_.patience);
    errands_.run([uid, now = loop_.now().wall] { return sys::check_local_account(uid, now); },
                 [this, uid](const std::optional<Result<void>>& account) {
                     if (account) return on_looked_up(uid, *account);
                     if (const auto* known = accounts_.find(uid, loop_.now().time))
                         return on_looked_up(uid, Result<void>{*known});
                     accounts_.want(uid);
                     look_up_next();
                     // He has been waited for, and what his jobs have is for others meanwhile.
                     if (accounts_.is_silent(uid))
                         on_looked_up(uid, failure(Errc::internal, silence()));
                 });
}

void SystemdExecutor::look_up_next() {
    auto uid = accounts_.next();
    if (!uid) return;
    errands_.run([uid = *uid, now = loop_.now().wall] { return sys::check_account(uid, now); },
                 [this, uid = *uid](const Result<void>& account) {
                     accounts_.learn(uid, account, loop_.now().time);
                     on_looked_up(uid, account);
                     look_up_next();
                 });
}

void SystemdExecutor::on_looked_up(std::uint32_t uid, const Result<void>& account) {
    auto found = look_ups_.extract(uid);
    if (look_ups_.empty()) directory_.cancel();
    if (found.empty()) return;
    for (auto& launch : found.mapped().launches) on_account(std::move(launch), account);
}

std::string SystemdExecutor::silence() const {
    return "the directory of users has not answered for " +
           std::to_string(setup_.patience.count() / 1'000) + " s";
}

// Those who have waited long enough try again; what they wait for is still being looked up, and may
// be known by then. Others have asked later.
void SystemdExecutor::on_silent_directory() {
    auto asked_before = loop_.now().time - setup_.patience;
    std::vector<Launch> silent;
    std::optional<Time> oldest;
    for (auto& [uid, look_up] : look_ups_) {
        if (look_up.since <= asked_before) {
            accounts_.set_silent(uid);
            std::ranges::move(look_up.launches, std::back_inserter(silent));
        } else {
            oldest = std::min(look_up.since, oldest.value_or(look_up.since));
        }
    }
    std::erase_if(look_ups_, [&](const auto& entry) { return entry.second.since <= asked_before; });
    if (oldest) directory_.set(std::chrono::ceil<Millis>(*oldest - asked_before));
    for (const auto& launch : silent)
        not_begun(*find(launch.attempt.nonce), silence(), Misstarts::Reason::passing);
}

void SystemdExecutor::on_account(Launch launch, const Result<void>& account) {
    if (account) return begin_layout(std::move(launch));
    Job& job = *find(launch.attempt.nonce);
    if (account.error().code == Errc::internal)
        return not_begun(job, account.error().message, Misstarts::Reason::passing);
    refuse(job, NotStarted{125, account.error().message, loop_.now().wall});
}

void SystemdExecutor::begin_layout(Launch launch) {
    errands_.run(
        [launch = std::move(launch), boot_id = setup_.boot_id, scope = setup_.scope]() mutable {
            auto layout = lay_out(launch, boot_id, scope);
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
    if (!patience_.is_set()) patience_.set(setup_.patience);
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

// It could not be begun, and whose fault that is shows in what becomes of others.
void SystemdExecutor::not_begun(Job& job, std::string why, Misstarts::Reason reason) {
    if (job.is_stop_wanted || !job.is_expected) return finish(job, NeverBegan{});
    auto judged = misstarts_.judge(job.attempt.job, job.expected.uid, why, reason);
    switch (judged.verdict) {
        case Misstarts::Verdict::machine:
            return finish(job, NeverBegan{std::move(why)});
        case Misstarts::Verdict::give_up:
            return refuse(job, NotStarted{125, std::move(why), loop_.now().wall});
        case Misstarts::Verdict::put_off:
            return finish(job,
                          NeverBegan{std::move(why), NeverBegan::Blame::attempt, judged.pause});
        case Misstarts::Verdict::put_off_user:
            return finish(job, NeverBegan{std::move(why), NeverBegan::Blame::user, judged.pause});
    }
}

}  // namespace ccd::exec
