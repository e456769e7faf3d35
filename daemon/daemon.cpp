#include "daemon/daemon.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "daemon/entry.h"
#include "daemon/exec/keeper_store.h"
#include "daemon/executors.h"
#include "daemon/gpu/nvml_probe.h"
#include "daemon/gpu/static_probe.h"
#include "daemon/places.h"
#include "daemon/sys/log.h"
#include "daemon/sys/machine.h"
#include "daemon/sys/notify.h"

namespace ccd::daemon {
namespace {

constexpr Millis first_reopen{1'000};
// How long the end waits for threads that do not come back.
constexpr Millis last_patience{5'000};
constexpr std::uint32_t running_per_core = 64;
constexpr Millis status_interval{1'000};

service::QueuesConfig queues_config(const Config& config) {
    return {.max_memory = config.queues_memory,
            .max_memory_per_user = config.queues_memory_per_user};
}

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
    auto passed = CCD_TRY(sys::take_passed(config.socket));
    auto claim = CCD_TRY(Claim::take(config));
    auto boot_id = CCD_TRY(sys::boot_id());
    auto instance = CCD_TRY(sys::instance_name(config.state_dir));
    Facts facts{
        .boot_id = std::move(boot_id), .instance = std::move(instance), .vfs = std::move(vfs)};
    sys::raise_descriptor_limit();
    return std::unique_ptr<Daemon>{new Daemon{std::move(config), std::move(facts), std::move(claim),
                                              std::move(reread), std::move(passed)}};
}

Daemon::Daemon(Config config, Facts facts, Claim claim, Reread reread, sys::Passed passed)
    : config_(std::move(config)),
      facts_(std::move(facts)),
      claim_(std::move(claim)),
      reread_(std::move(reread)),
      passed_socket_(std::move(passed.socket)),
      kept_(std::move(passed.kept)),
      service_({.max_queued_per_user = config_.max_queued_per_user,
                .boot_id = facts_.boot_id,
                .has_journal = sys::has_journal(),
                .order = order_config(config_)},
               ledger_config(config_), queues_config(config_)),
      store_wake_(loop_,
                  [this] {
                      for (auto& completion : store_->take_completions()) settle(completion);
                  }),
      cards_wake_(loop_, [this] { on_cards(); }),
      descriptor_store_(make_descriptor_store()),
      queues_(loop_, *descriptor_store_, queue_actions(), {}),
      host_(make_host()),
      reopen_timer_(loop_, [this] { open_store(); }),
      look_timer_(loop_, [this] { look_at_cards(); }),
      stop_timer_(loop_, [this] { wait_no_longer(); }),
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
            if (!is_ready_ && !handlers::needs_no_record(body))
                return handlers::Outcome{.what = handlers::Outcome::What::not_yet};
            learn_user(session.peer().uid);
            return turn_->request(session, body, out);
        },
        [this](std::uint64_t id) { turn_->forget(id); },
        [this](std::uint64_t id) { service_.events.drained(id); });
    turn_->set_clients(*clients_);
    users_.learn_file("/etc/passwd", loop_.now().time);
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

// The service manager's, or a process of ours.
std::unique_ptr<sys::DescriptorStore> Daemon::make_descriptor_store() {
    if (auto managed = sys::manager_store()) return managed;
    auto keeper = std::make_unique<exec::KeeperStore>(keeper_path(config_), shim_path());
    kept_ = keeper->take();
    keeper->set_on_replaced([this] { queues_.keep_anew(); });
    return keeper;
}

QueueMemories::Actions Daemon::queue_actions() {
    return {.find = [this](store::QueueId id) { return service_.queues.find(id); },
            .all = [this] { return service_.queues.all(); },
            .readmit =
                [this](store::QueueId id, shm::ClientId client, const service::QueueUser& user) {
                    service_.queues.readmit(id, client, user);
                },
            .left = [this](store::QueueId id,
                           shm::ClientId client) { service_.queues.leave(id, client); },
            .mended = [this](store::QueueId id,
                             shm::ClientId client) { service_.queues.mended(id, client); },
            .reply =
                [this](const service::Ticket& ticket, const std::string& frame,
                       std::vector<UniqueFd> descriptors) {
                    if (!descriptors.empty())
                        return turn_->send(ticket, frame, std::move(descriptors));
                    turn_->send(ticket, frame);
                    return true;
                }};
}

handlers::Host Daemon::make_host() {
    return {
        .health = [this](Now now) { return health(now); },
        .stats = [this](Now now) { return stats(now); },
        .user_name =
            [this](std::uint32_t uid) {
                learn_user(uid);
                return users_.name_of(uid);
            },
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
        .groups_of = [this](std::uint64_t connection) { return clients_->groups_of(connection); },
        .queue_figures = [this](store::QueueId id) { return queues_.figures(id); },
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
    if (listen()) {
        say_recovering();
        show_pause();
        look_at_cards();
        open_store();
        loop_.run();
    }
    loop_.set_before_sleep({});
    // With the handles libuv's handlers go; who asks twice must not break what is left to do.
    signals_.clear();
    for (int number : {SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_IGN);
    if (loop_.finish_work(last_patience)) return exit_code_;
    // A thread that waits for a directory of users, or for a disk, would hold up the end for ever.
    sys::log(sys::Priority::warning,
             "what was under way does not come to an end: ending without it");
    store_.reset();
    std::_Exit(exit_code_);
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

// Who asks early waits, except for what can be said at any time.
bool Daemon::listen() {
    auto socket = open_socket();
    if (!socket) {
        fail(socket.error().code == Errc::conflict ? Exit::already_running : Exit::bad_usage,
             socket.error().message);
        return false;
    }
    listener_ = std::make_unique<net::Listener>(
        loop_, std::move(*socket),
        [this](UniqueFd connection) { clients_->add(std::move(connection)); });
    return true;
}

// The one that was handed over, else one of our own.
Result<UniqueFd> Daemon::open_socket() {
    net::ListenerConfig access{
        .path = config_.socket, .group = config_.socket_group, .mode = config_.socket_mode.bits};
    if (passed_socket_) {
        if (auto key = net::Listener::compare_access(access); !key.empty())
            sys::log(sys::Priority::warning,
                     key + " does not count: the service manager has made '" + access.path +
                         "' as ccd.socket says; set SocketMode= and SocketGroup= there "
                         "(systemctl edit ccd.socket)");
        return std::move(passed_socket_);
    }
    std::string warning;
    auto socket = CCD_TRY(net::Listener::bind(access, warning));
    if (!warning.empty()) sys::log(sys::Priority::warning, warning);
    is_own_socket_ = true;
    return socket;
}

void Daemon::say_status() {
    auto status = status_line();
    if (is_ready_ && !is_stopping_ && std::exchange(said_status_, status) != status)
        sys::notify_status(status);
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
    service_.queues.set_config(queues_config(config_));
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
    users_.want(uid, loop_.now().time);
    look_up_user();
}

void Daemon::look_up_user() {
    auto uid = is_stopping_ ? std::nullopt : users_.next();
    if (!uid) return;
    loop_.work([uid = *uid] { return sys::Users::look_up(uid); },
               [this, uid = *uid](std::optional<sys::User> user) {
                   users_.learn(uid, std::move(user), loop_.now().time);
                   look_up_user();
               });
}

}  // namespace ccd::daemon
