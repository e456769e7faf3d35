// The way to readiness, at a start and after the store was down: what is on record is read, and
// what runs is found again.
#include <algorithm>

#include "daemon/daemon.h"
#include "daemon/entry.h"
#include "daemon/handlers/view.h"
#include "daemon/places.h"
#include "daemon/sys/log.h"
#include "daemon/sys/notify.h"

namespace ccd::daemon {
namespace {

constexpr Millis longest_reopen{30'000};
constexpr Millis recovery_interval{5'000};
constexpr Millis recovery_patience{15'000};

}  // namespace

void Daemon::open_store() {
    store_->reopen([this](Result<store::Snapshot> snapshot) { opened(std::move(snapshot)); });
}

void Daemon::opened(Result<store::Snapshot> snapshot) {
    if (is_stopping_) return;
    if (!snapshot) return not_loaded(snapshot.error());
    expected_.clear();
    recorded_executor_.clear();
    for (const auto& setting : snapshot->settings)
        if (setting.name == service::executor_setting) recorded_executor_ = setting.value;
    service_.load(std::move(*snapshot), loop_.now());
    ask_for_jobs(0);
}

void Daemon::ask_for_jobs(job::Id since) {
    store_->ask(store::UnfinishedJobs{since},
                [this](Result<store::Answer> part) { load_jobs(std::move(part)); });
}

void Daemon::load_jobs(Result<store::Answer> part) {
    if (is_stopping_) return;
    if (!part) return not_loaded(part.error());
    // The store reads on meanwhile.
    if (part->is_partial) ask_for_jobs(part->next);
    for (const auto& row : part->jobs) {
        learn_user(row.uid);
        expect(row);
    }
    service_.load_jobs(std::move(part->jobs), loop_.now());
    if (!part->is_partial) loaded();
}

// While it is not known what runs, the rules must not begin anew.
void Daemon::loaded() {
    if (auto same = check_executor_of_jobs(); !same)
        return fail(Exit::bad_usage, same.error().message);
    if (auto adopted = adopt(); !adopted) return not_loaded(adopted.error());
    if (store_down_since_)
        sys::log(sys::Priority::notice, "the store is back", {{"MESSAGE_ID", message::store_back}});
    store_down_since_.reset();
    store_trouble_.clear();
    service_.loaded(loop_.now());
    // Also after an outage: it may have been lost then.
    if (recorded_executor_ != executor_->name()) service_.jobs.set_executor(executor_->name());
    if (!kept_.empty()) queues_.adopt(std::exchange(kept_, {}));
    if (!is_ready_ && !adopt_timer_.is_set()) adopt_timer_.set(config_.adopt_patience);
    become_ready();
}

void Daemon::not_loaded(const Error& why) {
    if (!is_ready_) return fail(Exit::storage_unusable, "the store cannot be used: " + why.message);
    store_trouble_ = why.message;
    sys::log(sys::Priority::warning, "the store is still down: " + store_trouble_ + "; retrying");
    reopen_timer_.set(reopen_delay_);
    reopen_delay_ = std::min(reopen_delay_ * 2, longest_reopen);
}

// Who wants to know of his jobs, or to submit more, is answered even if PID 1 is not.
void Daemon::stop_waiting_for_jobs() {
    is_adopt_over_ = true;
    become_ready();
    if (is_ready_ && !executor_away_.empty()) log_away();
}

// What an earlier daemon, or this one before the store was down, had begun.
void Daemon::expect(const store::JobRow& row) {
    const auto& progress = row.progress;
    auto was_running = progress.state == job::State::running;
    if (!was_running && progress.state != job::State::starting) return;
    auto argv = handlers::split_strings(row.argv);
    expected_.push_back({.attempt = attempt_of(row.id, progress.attempt),
                         .is_same_boot = progress.run->boot_id == facts_.boot_id,
                         .was_running = was_running,
                         .uid = row.uid,
                         .log_file = log_path(config_, row.id, progress.attempt),
                         .program = argv.empty() ? "" : argv.front(),
                         .cwd = row.cwd.string(),
                         .stdin_file = row.options->stdin_file.string()});
}

// What another executor has begun this one cannot find, and would take for gone.
Result<void> Daemon::check_executor_of_jobs() const {
    auto is_of_this_boot = [](const exec::Expected& begun) { return begun.is_same_boot; };
    auto is_other = !recorded_executor_.empty() && recorded_executor_ != executor_->name();
    auto count = std::ranges::count_if(expected_, is_of_this_boot);
    if (!is_other || count == 0) return {};
    return failure(Errc::conflict,
                   std::to_string(count) + " jobs are on record as begun by the executor '" +
                       recorded_executor_ + "', and '" + std::string{executor_->name()} +
                       "' cannot find them: start ccd with jobs.executor = \"" +
                       recorded_executor_ + "\" until they have ended");
}

Result<void> Daemon::adopt() {
    auto expected = std::exchange(expected_, {});
    unaccounted_.clear();
    for (const auto& begun : expected) unaccounted_.insert(begun.attempt.nonce);
    return executor_->adopt(expected);
}

void Daemon::accounted_for(const exec::Attempt& attempt) {
    if (unaccounted_.erase(attempt.nonce) > 0) become_ready();
}

// Once it is known what is on record, what runs, and which cards there are or why that is not
// known: whoever asks first is not told less than who asks later.
void Daemon::become_ready() {
    auto is_found = unaccounted_.empty() && executor_away_.empty();
    auto is_known = service_.is_store_up() && has_looked_at_cards_ && (is_found || is_adopt_over_);
    if (is_ready_ || is_stopping_ || !is_known) return;
    is_ready_ = true;
    // The jobs of an earlier daemon are known only now.
    if (watcher_->is_live()) look_at_cards();
    sys::log(sys::Priority::notice, "ready: " + status_line());
    recovery_timer_.cancel();
    adopt_timer_.cancel();
    sys::notify_ready(status_line());
    clients_->go_on();
    if (auto interval = sys::watchdog_interval()) start_watchdog(*interval);
    if (on_ready_) on_ready_();
}

void Daemon::start_watchdog(Millis interval) {
    watchdog_.emplace(
        loop_, interval,
        Watchdog::Parts{
            .ask_store =
                [this](std::function<void()> on_answer) {
                    store_->ask(store::JobsById{},
                                [on_answer = std::move(on_answer)](const auto&) { on_answer(); });
                },
            .is_store_out =
                [this] { return !service_.is_store_up() || store_->statistics().is_between_tries; },
            .feed = [] { sys::notify_alive(); }});
}

// A long way back, over many jobs or a large database, is not taken for a hang.
void Daemon::say_recovering() {
    std::string what = "recovering";
    if (!unaccounted_.empty()) what += ": " + std::to_string(unaccounted_.size()) + " jobs to find";
    if (!executor_away_.empty()) what += "; " + executor_away_;
    sys::notify_starting(recovery_patience, what);
    recovery_timer_.set(recovery_interval);
}

}  // namespace ccd::daemon
