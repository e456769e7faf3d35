// The daemon: everything that lives, wired together.
//
//   closed --open store--> loading --adopt jobs--> ready --SIGTERM--> stopping --> stopped
//                             ^                      |
//                             '----- store down -----'
//
// It answers once the store is open and every job that an earlier daemon had begun is accounted
// for; or, where the executor cannot be reached, after some time all the same. When it stops, jobs
// go on.
//
// Owner: main. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/claim.h"
#include "daemon/config.h"
#include "daemon/exec/executor.h"
#include "daemon/gpu/watcher.h"
#include "daemon/handlers/context.h"
#include "daemon/loop/loop.h"
#include "daemon/net/clients.h"
#include "daemon/net/listener.h"
#include "daemon/outputs.h"
#include "daemon/queue_memories.h"
#include "daemon/service/service.h"
#include "daemon/store/inspection.h"
#include "daemon/store/store.h"
#include "daemon/sys/passed_socket.h"
#include "daemon/sys/users.h"
#include "daemon/turn.h"
#include "daemon/watchdog.h"

namespace ccd::daemon {

class Daemon {
public:
    // Exit codes of ccd.
    enum Exit : int { ended_well = 0, bad_usage = 2, already_running = 3, storage_unusable = 4 };

    // How the configuration is read again on SIGHUP.
    using Reread = std::function<Result<Config>()>;

    // Takes the state directory, or says why not. `vfs` names another of SQLite's than its own.
    static Result<std::unique_ptr<Daemon>> create(Config config, Reread reread,
                                                  std::string vfs = {});

    ~Daemon();

    // Calls back from the loop once it answers.
    void set_on_ready(std::function<void()> on_ready) { on_ready_ = std::move(on_ready); }

    // Runs until it is told to stop. The exit code.
    int run();

private:
    struct Facts {
        std::string boot_id;
        std::string instance;
        std::string vfs;
    };

    Daemon(Config config, Facts facts, Claim claim, Reread reread, sys::Passed passed);

    std::unique_ptr<gpu::GpuProbe> make_probe() const;
    std::unique_ptr<sys::DescriptorStore> make_descriptor_store();
    handlers::Host make_host();
    QueueMemories::Actions queue_actions();
    net::ClientLimits client_limits() const;

    // The life of the daemon.
    void open_store();
    void settle(store::Completion& completion);
    void opened(Result<store::Snapshot> snapshot);
    void ask_for_jobs(job::Id since);
    void load_jobs(Result<store::Answer> part);
    void loaded();
    void not_loaded(const Error& why);
    void expect(const store::JobRow& row);
    Result<void> check_executor_of_jobs() const;
    Result<void> adopt();
    void accounted_for(const exec::Attempt& attempt);
    void stop_waiting_for_jobs();
    void become_ready();
    bool listen();
    Result<UniqueFd> open_socket();
    void start_watchdog(Millis interval);
    void say_recovering();
    void say_status();
    void stop();
    void wait_no_longer();
    void stop_if_done();
    bool is_beginning_jobs() const;
    void reload();
    void take_over(Config fresh);
    void fail(int exit_code, const std::string& why);

    // What happens to it.
    void on_report(exec::Report report);
    void on_cards();
    void cards_are_looked_at();
    // With a new probe, as the configuration says.
    void watch_cards();
    void look_at_cards();
    void look_in(Millis pause);
    void hurry_cards();
    void watch_settling();
    void show_cards(const std::vector<gpu::Device>& devices);
    service::CardFound found_card(const gpu::Device& device);
    void tell_quarantine();
    void pause_cards(const std::string& why);
    Millis next_look();
    void on_store_down(const std::string& why);
    void carry_out(service::Effect effect);
    void start_attempt(const service::StartAttempt& start);
    void open_log(const service::OpenLog& asked);
    void watch_outputs();
    void look_at_outputs();
    void look_at_output_of_ended(job::Id job, std::uint32_t attempt, WallTime at);
    void remove_outputs(const service::RemoveOutputs& removed);
    void inspect_attempts(const service::InspectAttempts& asked);
    void inspect_copy(const service::InspectCopy& asked);
    void list_outputs(const service::ListOutputs& asked);
    void look_for_outputs(const service::LookForOutputs& asked);
    void pause_starts(const std::string& why);
    void on_executor_away(const std::string& why);
    void log_away();
    void show_pause();
    void learn_user(std::uint32_t uid);
    void look_up_user();

    exec::Attempt attempt_of(job::Id job, std::uint32_t number) const;
    exec::Limits limits_of(const store::JobRow& row) const;
    std::vector<std::string> environment_of(const service::Job& job) const;

    // What it says of itself.
    host::HealthReply health(Now now) const;
    host::StatsReply stats(Now now) const;
    host::QueueStats queue_stats() const;
    std::string status_line() const;

    Config config_;
    Facts facts_;
    Claim claim_;
    Reread reread_;
    UniqueFd passed_socket_;     // until it is listened on
    sys::KeptDescriptors kept_;  // until they are adopted
    std::function<void()> on_ready_;
    loop::Loop loop_;
    service::Service service_;
    loop::Async store_wake_;
    loop::Async cards_wake_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<gpu::Watcher> watcher_;
    std::unique_ptr<exec::Executor> executor_;
    Outputs outputs_{loop_};
    std::unique_ptr<sys::DescriptorStore> descriptor_store_;
    QueueMemories queues_;
    job::Id last_output_ = 0;                                 // that was looked at
    std::vector<std::uint64_t> output_folders_;               // that the check has listed
    std::shared_ptr<store::InspectionStop> inspection_stop_;  // of the last one
    sys::Users users_;
    handlers::Host host_;
    std::unique_ptr<Turn> turn_;
    std::unique_ptr<net::Clients> clients_;
    std::unique_ptr<net::Listener> listener_;
    loop::Timer reopen_timer_;
    loop::Timer look_timer_;
    loop::Timer stop_timer_;
    loop::Timer recovery_timer_;
    loop::Timer status_timer_;
    loop::Timer start_timer_;
    loop::Timer adopt_timer_;
    loop::Timer output_timer_;
    std::vector<std::unique_ptr<loop::Signal>> signals_;
    std::optional<Watchdog> watchdog_;

    std::vector<exec::Expected> expected_;  // of the jobs that were loaded so far
    std::set<std::string> unaccounted_;     // nonces of attempts that adopt has not reported yet
    std::optional<Time> store_down_since_;
    Millis reopen_delay_{};
    std::string store_trouble_;
    std::string said_status_;
    std::map<std::string, std::string> card_nodes_;  // device files, by UUID
    std::string executor_away_;                      // why it can be asked for nothing
    std::string start_trouble_;                      // why it could not start what it was asked for
    Millis start_pause_{};  // the next, when the executor can start nothing
    Time look_due_{};       // the next look at the cards
    Millis look_pause_{};   // the next, while a job's memory is not back
    bool is_cards_trouble_told_ = false;
    std::string recorded_executor_;          // of the attempts on record; empty: not known
    std::set<job::Id> over_while_stopping_;  // jobs whose end the next daemon will find
    std::set<std::string> quarantined_;      // cards, by UUID, as it was told
    Time began_{};
    bool has_looked_at_cards_ = false;  // at least once
    bool is_adopt_over_ = false;        // whatever is not found yet is not waited for any more
    bool is_away_logged_ = false;
    bool is_ready_ = false;
    bool is_own_socket_ = false;  // made here, not handed over
    bool is_stopping_ = false;
    bool is_stop_urgent_ = false;  // only what is under way is still waited for
    int exit_code_ = Exit::ended_well;
};

}  // namespace ccd::daemon
