// The jobs: from the submit to the end that is on record.
//
// Every change goes through `move`, which asks the table of transitions, writes the row, records
// the event and keeps the lines of the waiting and the deadlines in step. A job that was just
// submitted is invisible, to everybody and to the scheduler, until its batch is committed. A job
// whose end is committed is forgotten here; the store has it.
//
// Pure rules: time comes in, Decisions come out. Owner: the Service. Loop thread only.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ccd/job.h"
#include "ccd/result.h"
#include "daemon/service/decisions.h"
#include "daemon/service/dependencies.h"
#include "daemon/service/events.h"
#include "daemon/service/findings.h"
#include "daemon/service/histogram.h"
#include "daemon/service/keys.h"
#include "daemon/service/ledger.h"
#include "daemon/service/outcome.h"
#include "daemon/service/pauses.h"
#include "daemon/service/pools.h"
#include "daemon/service/reservation.h"
#include "daemon/service/shares.h"
#include "daemon/service/waiting.h"
#include "daemon/store/batch.h"

namespace ccd::service {

// What decides who of the waiting goes first.
struct OrderConfig {
    Millis ageing{std::chrono::hours{12}};  // 0: waiting makes nobody more urgent
    Millis share_half_life{std::chrono::hours{7 * 24}};
    Pools::Sizes pools;
};

struct JobsConfig {
    std::uint32_t max_queued_per_user = 1'000'000;
    // Of the commands and environments of a user's unfinished jobs, together: they are in memory.
    Bytes max_text_per_user = 1_GiB;
    std::string boot_id;
    bool has_journal = false;  // somebody wants Notes
    OrderConfig order;
};

// A job that is unfinished, or whose end is not on disk yet.
struct Job {
    store::JobRow row;
    store::BatchId changed_in : 62 = 0;  // the last batch with a change of it
    bool is_committed : 1 = false;       // its creation is on disk
    bool is_in_line : 1 = false;         // nothing keeps it from starting but room

    job::State state() const { return row.progress.state; }
    void change_in(store::BatchId batch) { changed_in = batch & ((store::BatchId{1} << 62) - 1); }
};

// Over which the rate of submits is told.
constexpr std::chrono::seconds submit_rate_window{60};

Demand demand_of(const store::JobRow& row);
LineKey line_of(const store::JobRow& row);

struct Submitted {
    job::Id id = 0;
    bool created = true;
    store::BatchId batch = 0;
    std::uint32_t count = 0;  // of an array: its jobs, numbered from `id` on
};

// The executor that has begun the attempts on record, as a setting.
inline constexpr std::string_view executor_setting = "executor";

class Jobs {
public:
    Jobs(JobsConfig config, Decisions& decisions, Ledger& ledger, Events& events);

    // Begins anew from what is committed, at start and when the store is back: `load`, then
    // `load_part` with some of the unfinished jobs after the others, by id, then `loaded`. Until a
    // job is reached it is as it was known before.
    void load(store::Snapshot snapshot, Now now);
    void load_part(std::vector<store::JobRow> rows, Now now);
    void loaded();

    // Takes a job; its `row` needs no id, progress or times but the state held or queued, its
    // priority, and the time before which it must not begin. With an array_size it is the first of
    // so many, whose indices go on from its own. Nothing: a finished job may have its key, or is
    // one it waits for, and the store must say (an AskSubmit is decided). Refuses what can never
    // run, what is over the user's limit, and a known key with another request.
    Result<std::optional<Submitted>> submit(store::JobRow row, std::string environment,
                                            const Ticket& ticket, const Caller& caller, Now now);
    // The same, or a dry run: that is refused what a submit is, and also a job that could only
    // fail; it changes nothing, and what would be new has no number.
    Result<std::optional<Submitted>> submit(AskSubmit ask, const Ticket& ticket,
                                            const Caller& caller, Now now);
    // The store has said what it knows of finished jobs. Nothing: it is asked once more.
    Result<std::optional<Submitted>> submit_checked(AskSubmit ask, const store::Answer& answer,
                                                    const Ticket& ticket, const Caller& caller,
                                                    Now now);

    // Each refuses unknown, foreign and finished jobs before it changes any.
    Result<void> cancel(const job::CancelRequest& request, const Caller& caller, Now now);
    Result<void> hold(const job::IdsRequest& request, const Caller& caller, Now now);
    Result<void> release(const job::IdsRequest& request, const Caller& caller, Now now);

    // Sends a signal to one that runs.
    Result<void> signal(job::Id id, int signal, const Caller& caller);
    // Changes one that waits: `row` is what it is to be. As it is now, where the caller may.
    Result<store::JobRow> may_edit(job::Id id, const Caller& caller);
    Result<void> edit(store::JobRow row, const Caller& caller, Now now);
    // Refuses a job that is there and has not ended, or whose end is not on disk yet.
    Result<void> check_ended(job::Id id, const Caller& caller) const;
    // Queues jobs again that have ended, as the store has them, each for a new attempt and with
    // this environment: their own were scrubbed.
    Result<void> retry(const std::vector<store::JobRow>& rows, const std::string& environment,
                       const Caller& caller, Now now);

    // Reports of the executor. An attempt that is not the job's current one is let go.
    void started(job::Id id, std::uint32_t attempt, WallTime at, Now now);
    void ended(job::Id id, std::uint32_t attempt, const Outcome& outcome, Now now);
    // One that was begun by an earlier daemon is still on its way.
    void beginning(job::Id id, std::uint32_t attempt);
    // One that has just ended without having begun is followed by none for so long: of its job, or
    // of any job of its user. They wait meanwhile as if they had not been started.
    enum class PutOff : std::uint8_t { job, user };
    void put_off(job::Id id, std::uint32_t attempt, PutOff whom, Millis pause, Now now);

    // A finished job goes off the record: its key is free, and nothing counts it any more.
    void forget(const store::JobRow& row);

    void committed(store::BatchId batch);

    // Starts what there is room for, ends what is out of time; when to look again.
    std::optional<Time> tick(Now now);

    // The jobs that have ended since this was last asked.
    std::vector<job::Id> take_ended() { return std::exchange(ended_, {}); }

    // Cards, limits or the drain have changed: look again who can start.
    void look_again() { must_offer_ = true; }

    void set_max_queued_per_user(std::uint32_t max) { config_.max_queued_per_user = max; }
    void set_order(OrderConfig order, Now now);
    // Starts nothing, because of `why`; empty: starts jobs again.
    void set_paused(std::string why);
    const std::string& paused() const { return paused_; }
    // Which executor begins the attempts from now on: on record with the next of them.
    void set_executor(std::string_view name) { new_executor_ = name; }
    void set_draining(bool draining);
    bool is_draining() const { return is_draining_; }

    // A job of these whose creation is on disk.
    const Job* find(job::Id id) const;
    const std::map<job::Id, Job>& all() const { return jobs_; }
    // Why a job that the store does not know is not there.
    Error missing(job::Id id) const;
    // Those that are starting or running, and since when they run.
    using Alive = std::map<job::Id, std::optional<Time>>;
    const Alive& alive() const { return alive_; }
    const std::string* environment(store::EnvironmentId id) const;
    // Why it does not run, most important first; empty for one that does.
    std::vector<job::Blocker> blockers(const Job& job, Now now) const;
    // Its place among all that wait, from 1.
    std::size_t position(const Job& job, Now now) const;
    // How long until a job that has a reservation can start, where that is known.
    std::optional<Millis> estimate(const Job& job, Now now) const;
    // Whether cards, or whatever else it needs, are kept for the job.
    bool is_reserved(job::Id id) const;
    double share(std::uint32_t uid, Now now) const { return shares_.of(uid, now.time); }
    job::Id last_id() const { return last_id_; }

    // Whether what is here fits together (consistency.cpp), and, where that is asked for, puts it
    // right. As of now:
    void inspect(Findings& findings, Now now);
    // And what the store has of the unfinished jobs with smaller numbers than `before`, as of the
    // batch that was committed last. Yields how many were compared.
    std::uint64_t compare_page(const store::Answer& page, job::Id before, store::BatchId committed,
                               Findings& findings);
    // And what the executor has.
    void compare_attempts(std::span<const Begun> begun, store::BatchId committed,
                          Findings& findings);
    // And how many finished jobs of each state the store has. REQUIRES: every change is committed.
    void compare_census(const std::vector<std::uint64_t>& finished, Findings& findings) const;
    // The store has an environment that no unfinished job needs. False: one may.
    bool drop_unused(store::EnvironmentId id);

    host::JobStats stats(Now now) const;
    std::map<std::string, host::PoolStats> pool_stats() const { return pools_.stats(); }

private:
    struct Environment {
        std::string body;
        std::size_t users = 0;
        std::uint32_t uid = 0;  // who brought it, and is charged for it
    };
    // What a user has here.
    struct Usage {
        std::uint32_t jobs = 0;  // unfinished
        Bytes text;
    };

    Job* find_mutable(job::Id id);
    Result<void> check_retry(const store::JobRow& row, const Caller& caller) const;
    Result<std::vector<Job*>> choose(const std::vector<job::Id>& ids, const Caller& caller);
    Result<std::optional<Submitted>> known(const store::JobRow& row,
                                           std::vector<job::Id>& ended) const;
    Result<void> find_ended_others(const store::JobRow& row, std::vector<job::Id>& ended) const;
    Result<std::optional<Submitted>> take_or_ask(AskSubmit ask,
                                                 std::span<const store::JobRow> finished,
                                                 const Ticket& ticket, const Caller& caller,
                                                 Now now);
    Result<Submitted> create(AskSubmit ask, std::span<const store::JobRow> finished, Now now);
    void add(store::JobRow row, Now now);
    store::EnvironmentId keep_environment(const std::string& environment);
    Result<void> check_usage(const store::JobRow& row, const std::string& environment,
                             std::uint32_t count) const;
    void count_submits(std::uint32_t count, Now now);
    void add_usage(const store::JobRow& row);
    void remove_usage(const store::JobRow& row);
    void recount_text(const store::JobRow& before, const store::JobRow& after);
    void load_job(store::JobRow row, Now now);
    void drop_known_before(job::Id id);
    void drop_unused_environments();
    void tick_deadlines(Now now);

    // A reservation, and in a pass over the waiting its forecast once somebody may pass.
    struct Kept {
        Reservation reservation;
        std::optional<Forecast> forecast;
        bool is_forecast = false;
    };

    void offer(Now now);
    Verdict look(const LineKey& line, Rank rank, Now now);
    std::optional<std::vector<std::string>> find_room(const Demand& demand,
                                                      std::optional<Time> ends, Now now,
                                                      Verdict& verdict);
    const Forecast* forecast_for(std::size_t index, Time now);
    std::optional<Forecast> make_forecast(std::size_t index, const Forecast* before,
                                          Time now) const;
    std::optional<Forecast> forecast_of(job::Id id, Time now) const;
    void reserve(job::Id id, const Demand& demand);
    std::vector<Runner> runners(Time now) const;
    void explain_reservation(const Job& job, bool has_room,
                             std::vector<job::Blocker>& blockers) const;

    // Waiting for something else than room.
    Result<void> check_others(const store::JobRow& row,
                              std::span<const store::JobRow> finished) const;
    Result<void> check_followers(const store::JobRow& row, std::uint32_t count) const;
    void follow_others(const store::JobRow& row);
    std::optional<std::string> never_starts(const store::JobRow& row,
                                            std::span<const store::JobRow> finished) const;
    void settle_others(job::Id ended, bool has_succeeded, Now now);
    void line_up(Job& job, Now now);
    void leave_line(Job& job);
    void wake(job::Id id, Now now);
    void explain_eligibility(const Job& job, Now now, std::vector<job::Blocker>& blockers) const;
    std::optional<Time> tick_timers(Now now);
    void tick_pauses(Now now);

    void move(Job& job, job::State to, std::string reason, Now now);
    void write(Job& job);
    void tell(const Job& job, job::Event event);
    void finish(const Job& job, Now now);
    void enqueue(const Job& job);
    void dequeue(const Job& job);
    void begin(Job& job, std::vector<std::string> cards, Now now);
    void take(const Job& job, WallTime since, Now now);
    void give_back(const Job& job, Now now);
    void conclude(Job& job, const Outcome& outcome, Now now);
    void never_began(Job& job, const Outcome& outcome, Now now);
    bool try_again(Job& job, job::State to, WallTime at, const std::string& reason, Now now);
    std::optional<Time> deadline_of(const Job& job) const;
    void forget_deadlines(const Job& job);
    void adopt(Job& job);
    void stop(Job& job, store::Ending ending, std::string reason);
    void drop_environment(store::EnvironmentId id);
    void erase_environment(store::EnvironmentId id);
    void inspect_counters(Findings& findings) const;
    void compare_environment(const store::JobRow& row, const Job& job, store::BatchId committed,
                             std::set<store::EnvironmentId>& missing, Findings& findings);

    JobsConfig config_;
    Decisions& decisions_;
    Ledger& ledger_;
    Events& events_;

    std::map<job::Id, Job> jobs_;
    Waiting waiting_;
    Keys keys_;
    std::unordered_map<store::EnvironmentId, Environment> environments_;
    std::unordered_map<std::string_view, store::EnvironmentId> environment_ids_;  // by body
    std::deque<std::pair<store::BatchId, job::Id>> created_;                      // not yet on disk
    std::vector<job::Id> arrived_;                             // on disk since the last tick
    std::deque<std::pair<store::BatchId, job::Id>> finished_;  // not yet on disk
    // Off the record, but not yet on disk; until then the store may still answer with them.
    std::deque<std::pair<store::BatchId, job::Id>> pruned_;
    std::set<std::pair<Time, job::Id>> deadlines_;   // of running jobs
    std::set<std::pair<Time, job::Id>> warnings_;    // before these
    std::set<std::pair<WallTime, job::Id>> timers_;  // of those that wait for a time
    Pauses<job::Id> put_off_;                        // these stand in no line
    Pauses<std::uint32_t> users_put_off_;            // by uid: theirs are passed over
    Dependencies dependencies_;
    // Of ends that were decided in this turn: who waited for them is looked at one after the other,
    // however long the chain.
    std::deque<std::pair<job::Id, bool>> settling_;
    std::unordered_map<std::uint32_t, Usage> usage_;  // by uid
    Alive alive_;
    Shares shares_;
    Pools pools_;
    // The more urgent first; one for a job with cards and one for a job without, at most.
    std::vector<Kept> kept_;
    std::vector<Kept> kept_before_;  // by the pass before this one
    Time passed_at_{};               // when the last pass was made
    std::set<Demand> without_room_;  // that found none in this pass
    job::Id last_id_ = 0;
    job::Id loaded_through_ = 0;  // while it begins anew
    store::EnvironmentId last_environment_ = 0;
    std::vector<job::Id> ended_;
    std::string paused_;        // why the executor can start nothing for now
    std::string new_executor_;  // not on record yet; empty: it is
    bool is_draining_ = false;
    bool must_offer_ = false;

    std::array<std::uint64_t, job::state_table.size()> count_{};  // by state
    Histogram waited_;
    std::deque<std::pair<Time, std::uint32_t>> submits_;  // by second, over the last minute
};

}  // namespace ccd::service
