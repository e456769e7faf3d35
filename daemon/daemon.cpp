#include "daemon/daemon.h"

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "daemon/entry.h"
#include "daemon/executors.h"
#include "daemon/gpu/nvml_probe.h"
#include "daemon/gpu/static_probe.h"
#include "daemon/handlers/view.h"
#include "daemon/places.h"
#include "daemon/sys/log.h"
#include "daemon/sys/machine.h"
#include "daemon/sys/notify.h"
#include "daemon/sys/passed_socket.h"

namespace ccd::daemon {
namespace {

constexpr Millis first_reopen{1'000};
constexpr Millis longest_reopen{30'000};
// How long the end waits for clients that do not read their replies.
constexpr Millis stop_patience{5'000};
constexpr std::uint32_t running_per_core = 64;
constexpr Millis recovery_interval{5'000};
constexpr Millis recovery_patience{15'000};
constexpr Millis status_interval{1'000};

service::LedgerConfig ledger_config(const Config& config) {
    service::LedgerConfig ledger{
        .slots = {},
        .headroom = config.gpu_headroom,
        .policy =
            config.gpu_policy == GpuPolicy::pack ? service::Policy::pack : service::Policy::spread,
        .settle = config.gpu_settle,
        .max_running =
            config.max_running > 0 ? config.max_running : running_per_core * sys::core_count(),
        .cores = sys::core_count(),
        .memory = sys::total_memory(),
    };
    for (const auto& row : config.gpu_slots)
        ledger.slots.push_back(
            {.min_memory = row.min_memory, .training = row.training, .inference = row.inference});
    return ledger;
}

service::OrderConfig order_config(const Config& config) {
    service::OrderConfig order{
        .ageing = config.ageing, .share_half_life = config.share_half_life, .pools = {}};
    for (const auto& [name, pool] : config.pools) order.pools.emplace(name, pool.size);
    return order;
}

// SQLite takes no path with a link in it.
void resolve(Config& config) {
    std::error_code error;
    auto resolved = std::filesystem::weakly_canonical(config.state_dir, error);
    if (!error) config.state_dir = std::move(resolved);
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::create(Config config, Reread reread, std::string vfs) {
    resolve(config);
    CCD_TRY(check_executor(config));
    auto socket = CCD_TRY(sys::take_passed_socket(config.socket));
    auto claim = CCD_TRY(Claim::take(config));
    Facts facts{.boot_id = CCD_TRY(sys::boot_id()),
                .instance = CCD_TRY(sys::instance_name(config.state_dir)),
                .vfs = std::move(vfs)};
    sys::raise_descriptor_limit();
    return std::unique_ptr<Daemon>{new Daemon{std::move(config), std::move(facts), std::move(claim),
                                              std::move(reread), std::move(socket)}};
}

Daemon::Daemon(Config config, Facts facts, Claim claim, Reread reread, UniqueFd passed_socket)
    : config_(std::move(config)),
      facts_(std::move(facts)),
      claim_(std::move(claim)),
      reread_(std::move(reread)),
      passed_socket_(std::move(passed_socket)),
      service_({.max_queued_per_user = config_.max_queued_per_user,
                .boot_id = facts_.boot_id,
                .has_journal = sys::has_journal(),
                .order = order_config(config_)},
               ledger_config(config_)),
      store_wake_(loop_,
                  [this] {
                      for (auto& completion : store_->take_completions()) settle(completion);
                  }),
      cards_wake_(loop_, [this] { on_cards(); }),
      host_(make_host()),
      reopen_timer_(loop_, [this] { open_store(); }),
      look_timer_(loop_, [this] { look_at_cards(); }),
      stop_timer_(loop_, [this] { loop_.stop(); }),
      recovery_timer_(loop_, [this] { say_recovering(); }),
      status_timer_(loop_, [this] { say_status(); }),
      start_timer_(loop_,
                   [this] {
                       start_trouble_.clear();
                       show_pause();
                   }),
      adopt_timer_(loop_, [this] { stop_waiting_for_jobs(); }),
      output_timer_(loop_, [this] { look_at_outputs(); }) {
    store_ = std::make_unique<store::Store>(
        store::Store::Options{.database = {.path = database_path(config_), .vfs = facts_.vfs},
                              .retry_attempts = config_.retry_attempts,
                              .retry_delay = config_.retry_delay,
                              .clock = [] { return loop::Loop::read_clocks().time; }},
        [this] { store_wake_.wake(); });
    watch_cards();
    executor_ = make_executor(
        config_, loop_, facts_.instance, facts_.boot_id,
        [this](exec::Report report) { on_report(std::move(report)); },
        [this](const std::string& why) { on_executor_away(why); });
    turn_ = std::make_unique<Turn>(
        loop_, service_, *store_, host_, config_.hang_after,
        Turn::Actions{.carry_out = [this](service::Effect effect) { carry_out(std::move(effect)); },
                      .on_store_down = [this](const std::string& why) { on_store_down(why); }});
    clients_ = std::make_unique<net::Clients>(
        loop_, client_limits(),
        [this](net::Session& session, std::string_view body, std::string& out) {
            learn_user(session.peer().uid);
            return turn_->request(session, body, out);
        },
        [this](std::uint64_t id) { turn_->forget(id); },
        [this](std::uint64_t id) { service_.events.drained(id); });
    turn_->set_clients(*clients_);
    users_.learn_file("/etc/passwd");
    service_.history.set_age(config_.history, loop_.now());
    began_ = loop_.now().time;
}

Daemon::~Daemon() = default;

std::unique_ptr<gpu::GpuProbe> Daemon::make_probe() const {
    auto source = config_.gpu_source;
    if (source == GpuSource::automatic)
        source =
            gpu::NvmlProbe::is_installed(config_.gpu_library) ? GpuSource::nvml : GpuSource::none;
    if (source == GpuSource::nvml) return std::make_unique<gpu::NvmlProbe>(config_.gpu_library);
    if (source == GpuSource::fixed_list)
        return std::make_unique<gpu::StaticProbe>(config_.gpu_devices);
    return std::make_unique<gpu::StaticProbe>(std::vector<gpu::Device>{});
}

handlers::Host Daemon::make_host() {
    return {
        .health = [this](Now now) { return health(now); },
        .stats = [this](Now now) { return stats(now); },
        .user_name = [this](std::uint32_t uid) { return users_.name_of(uid); },
        .find_user = [this](std::string_view name) { return users_.find(name); },
        .environment_of =
            [this](std::uint32_t uid) {
                learn_user(uid);
                return users_.environment_of(uid);
            },
        .may_run = [this](std::uint32_t uid) { return executor_->may_run(uid); },
        .may_have = [this](std::string_view property,
                           std::uint32_t cpus) { return executor_->may_have(property, cpus); },
        .may_join = [this](std::string_view pool) { return check_pool(config_, pool); },
        .default_priority =
            [this](job::Class job_class) {
                switch (job_class) {
                    case job::Class::training:
                        return config_.training_priority;
                    case job::Class::inference:
                        return config_.inference_priority;
                    case job::Class::cpu:
                        return config_.cpu_priority;
                }
                return config_.cpu_priority;
            },
    };
}

net::ClientLimits Daemon::client_limits() const {
    return {.connections = config_.max_connections, .per_user = config_.max_connections_per_user};
}

int Daemon::run() {
    loop_.set_before_sleep([this] {
        turn_->end();
        watch_outputs();
        stop_if_done();
    });
    for (int number : {SIGTERM, SIGINT})
        signals_.push_back(std::make_unique<loop::Signal>(loop_, number, [this] { stop(); }));
    signals_.push_back(std::make_unique<loop::Signal>(loop_, SIGHUP, [this] { reload(); }));
    say_recovering();
    show_pause();
    look_at_cards();
    open_store();
    loop_.run();
    loop_.set_before_sleep({});
    // With the handles libuv's handlers go; who asks twice must not break what is left to do.
    signals_.clear();
    for (int number : {SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_IGN);
    loop_.finish_work();
    return exit_code_;
}

void Daemon::open_store() {
    store_->reopen([this](Result<store::Snapshot> snapshot) { opened(std::move(snapshot)); });
}

void Daemon::settle(store::Completion& completion) {
    turn_->store_has_answered();
    if (auto* batch = std::get_if<store::BatchEnded>(&completion)) {
        turn_->batch_ended(*batch);
        if (!status_timer_.is_set()) status_timer_.set(status_interval);
    }
    if (auto* answered = std::get_if<store::Answered>(&completion))
        answered->on_answer(std::move(answered->answer));
    if (auto* reopened = std::get_if<store::Reopened>(&completion))
        reopened->on_done(std::move(reopened->snapshot));
}

void Daemon::opened(Result<store::Snapshot> snapshot) {
    if (is_stopping_) return;
    if (!snapshot) return not_loaded(snapshot.error());
    expected_.clear();
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
    if (auto adopted = adopt(); !adopted) return not_loaded(adopted.error());
    if (store_down_since_)
        sys::log(sys::Priority::notice, "the store is back", {{"MESSAGE_ID", message::store_back}});
    store_down_since_.reset();
    store_trouble_.clear();
    service_.loaded(loop_.now());
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
    auto socket = open_socket();
    if (!socket)
        return fail(socket.error().code == Errc::conflict ? Exit::already_running : Exit::bad_usage,
                    socket.error().message);
    listener_ = std::make_unique<net::Listener>(
        loop_, std::move(*socket),
        [this](UniqueFd connection) { clients_->add(std::move(connection)); });
    is_ready_ = true;
    // The jobs of an earlier daemon are known only now.
    if (watcher_->is_live()) look_at_cards();
    sys::log(sys::Priority::notice, "ready: " + status_line());
    recovery_timer_.cancel();
    adopt_timer_.cancel();
    sys::notify_ready(status_line());
    if (auto interval = sys::watchdog_interval()) start_watchdog(*interval);
    if (on_ready_) on_ready_();
}

// The one that was handed over, else one of our own.
Result<UniqueFd> Daemon::open_socket() {
    if (passed_socket_) return std::move(passed_socket_);
    std::string warning;
    auto socket = CCD_TRY(net::Listener::bind(
        {.path = config_.socket, .group = config_.socket_group, .mode = config_.socket_mode.bits},
        warning));
    if (!warning.empty()) sys::log(sys::Priority::warning, warning);
    return socket;
}

void Daemon::start_watchdog(Millis interval) {
    watchdog_.emplace(loop_, interval,
                      Watchdog::Parts{.ask_store =
                                          [this](std::function<void()> on_answer) {
                                              store_->ask(store::JobsById{},
                                                          [on_answer = std::move(on_answer)](
                                                              const auto&) { on_answer(); });
                                          },
                                      .is_store_out = [this] { return !service_.is_store_up(); },
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

void Daemon::say_status() {
    auto status = status_line();
    if (is_ready_ && !is_stopping_ && std::exchange(said_status_, status) != status)
        sys::notify_status(status);
}

void Daemon::stop() {
    if (is_stopping_) return;
    is_stopping_ = true;
    show_pause();
    sys::notify_stopping();
    listener_.reset();
    clients_->stop_reading();
    if (inspection_stop_) inspection_stop_->request();
    stop_timer_.set(stop_patience);
}

// Every reply to what was taken is sent first, and what was asked to begin is known to have begun.
void Daemon::stop_if_done() {
    if (!is_stopping_) return;
    auto is_busy =
        !turn_->is_idle() || loop_.is_working() || clients_->has_unsent() || is_beginning_jobs();
    if (!is_busy) loop_.stop();
}

// Else a job that has begun could stand on record as one that may not have; and would be begun once
// more, if it were not there any more when the next daemon looks for it.
bool Daemon::is_beginning_jobs() const {
    if (!is_ready_ || !service_.is_store_up() || !executor_away_.empty()) return false;
    return std::ranges::any_of(service_.jobs.alive(), [this](const auto& alive) {
        const auto* job = service_.jobs.find(alive.first);
        return job != nullptr && job->state() == job::State::starting;
    });
}

void Daemon::fail(int exit_code, const std::string& why) {
    sys::log(sys::Priority::error, why);
    exit_code_ = exit_code;
    is_stopping_ = true;
    loop_.stop();
}

void Daemon::reload() {
    sys::notify_reloading(loop_.now().time);
    if (auto fresh = reread_())
        take_over(std::move(*fresh));
    else
        sys::log(sys::Priority::error,
                 "the configuration is left as it was: " + fresh.error().message);
    if (is_ready_) sys::notify_ready(status_line());
}

void Daemon::take_over(Config fresh) {
    resolve(fresh);
    auto reloaded = daemon::reload(config_, fresh);
    // Without a list another source is meant, which counts from the next start on.
    bool are_cards_listed_anew = reloaded.config.gpu_devices != config_.gpu_devices &&
                                 !reloaded.config.gpu_devices.empty() &&
                                 config_.gpu_source == GpuSource::fixed_list;
    config_ = std::move(reloaded.config);
    if (are_cards_listed_anew) watch_cards();
    for (auto key : reloaded.need_restart)
        sys::log(sys::Priority::warning,
                 std::string{key} + " has changed and counts from the next start on");
    clients_->set_limits(client_limits());
    service_.jobs.set_max_queued_per_user(config_.max_queued_per_user);
    service_.jobs.set_order(order_config(config_), loop_.now());
    service_.history.set_age(config_.history, loop_.now());
    service_.ledger.set_config(ledger_config(config_));
    service_.jobs.look_again();
    look_at_cards();
}

void Daemon::on_store_down(const std::string& why) {
    sys::log(sys::Priority::error, "the store is down: " + why + "; retrying",
             {{"MESSAGE_ID", message::store_down}});
    store_trouble_ = why;
    store_down_since_ = loop_.now().time;
    reopen_delay_ = first_reopen;
    reopen_timer_.set(reopen_delay_);
}

void Daemon::learn_user(std::uint32_t uid) {
    users_.want(uid);
    look_up_user();
}

void Daemon::look_up_user() {
    auto uid = is_stopping_ ? std::nullopt : users_.next();
    if (!uid) return;
    loop_.work([uid = *uid] { return sys::Users::look_up(uid); },
               [this, uid = *uid](std::optional<sys::User> user) {
                   users_.learn(uid, std::move(user));
                   look_up_user();
               });
}

}  // namespace ccd::daemon
