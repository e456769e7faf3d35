// The jobs: from the submit to the end that is on record.
//
// Every change goes through `move`, which asks the table of transitions, writes the row, records
// the event and keeps the lines of the waiting and the deadlines in step. A job that was just
// submitted is invisible, to everybody and to the scheduler, until its batch is committed. A job
// whose end is committed is forgotten here; the store has it.
//
// Pure rules: time comes in, Decisions come out. Owner: the Service. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ccd/job.h"
#include "ccd/result.h"
#include "daemon/service/decisions.h"
#include "daemon/service/events.h"
#include "daemon/service/histogram.h"
#include "daemon/service/keys.h"
#include "daemon/service/ledger.h"
#include "daemon/service/waiting.h"
#include "daemon/store/batch.h"

namespace ccd::service {

struct JobsConfig {
    std::uint32_t max_queued_per_user = 1'000'000;
    // Of the commands and environments of a user's unfinished jobs, together: they are in memory.
    Bytes max_text_per_user = 1_GiB;
    std::string boot_id;
    bool has_journal = false;  // somebody wants Notes
};

// A job that is unfinished, or whose end is not on disk yet.
struct Job {
    store::JobRow row;
    store::BatchId changed_in = 0;  // the last batch with a change of it
    bool is_committed = false;      // its creation is on disk
    Time running_since{};           // of an attempt that runs

    job::State state() const { return row.progress.state; }
};

Demand demand_of(const store::JobRow& row);

// How an attempt ended, as its executor saw it.
struct Outcome {
    enum class Kind : std::uint8_t { ended, not_started, never_began, lost } kind = Kind::ended;
    // What brought the end about: the program or somebody outside, we ourselves, the time limit
    // while we were away, the memory limit, or the service manager on somebody else's word.
    enum class Cause : std::uint8_t { program, stop, time_limit, memory, manager };
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> signal;
    Cause cause = Cause::program;
    std::string reason;
    WallTime at{};                  // when it ended
    std::optional<WallTime> began;  // when its program was executed, where that is known
};

struct Submitted {
    job::Id id = 0;
    bool created = true;
    store::BatchId batch = 0;
};

class Jobs {
public:
    Jobs(JobsConfig config, Decisions& decisions, Ledger& ledger, Events& events)
        : config_(std::move(config)), decisions_(decisions), ledger_(ledger), events_(events) {}

    // Begins anew from what is committed: at start, and when the store is back.
    void load(store::Snapshot snapshot, Now now);

    // Takes a job; its `row` needs no id, progress or times but the state held or queued and its
    // priority. Nothing: a finished job may have its key, and the store must say (an AskSubmit is
    // decided). Refuses what can never run, what is over the user's limit, and a known key with
    // another request.
    Result<std::optional<Submitted>> submit(store::JobRow row, std::string environment,
                                            const Ticket& ticket, const Caller& caller, Now now);
    // The store has said which finished job, if any, has the key.
    Result<Submitted> submit_checked(AskSubmit ask, const store::Answer& answer, Now now);

    // Each refuses unknown, foreign and finished jobs before it changes any.
    Result<void> cancel(const job::CancelRequest& request, const Caller& caller, Now now);
    Result<void> hold(const job::IdsRequest& request, const Caller& caller, Now now);
    Result<void> release(const job::IdsRequest& request, const Caller& caller, Now now);

    // Reports of the executor. An attempt that is not the job's current one is let go.
    void started(job::Id id, std::uint32_t attempt, WallTime at, Now now);
    void ended(job::Id id, std::uint32_t attempt, const Outcome& outcome, Now now);

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
    // Starts nothing, because of `why`; empty: starts jobs again.
    void set_paused(std::string why);
    const std::string& paused() const { return paused_; }
    void set_draining(bool draining);
    bool is_draining() const { return is_draining_; }

    // A job of these whose creation is on disk.
    const Job* find(job::Id id) const;
    const std::map<job::Id, Job>& all() const { return jobs_; }
    // Why a job that the store does not know is not there.
    Error missing(job::Id id) const;
    // Those that are starting or running.
    const std::set<job::Id>& alive() const { return alive_; }
    const std::string* environment(store::EnvironmentId id) const;
    // Why it does not run, most important first; empty for one that does.
    std::vector<job::Blocker> blockers(const Job& job) const;
    std::size_t position(const Job& job) const;
    job::Id last_id() const { return last_id_; }

    host::JobStats stats(Now now) const;

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
    Result<std::vector<Job*>> choose(const std::vector<job::Id>& ids, const Caller& caller);
    Result<std::optional<Submitted>> known(const store::JobRow& row);
    Result<Submitted> create(store::JobRow row, const std::string& environment, Now now);
    Result<void> check_usage(const store::JobRow& row, const std::string& environment) const;
    void add_usage(const store::JobRow& row);
    void remove_usage(const store::JobRow& row);
    void load_job(store::JobRow row, const Job* known, Now now);
    void offer(Now now);

    void move(Job& job, job::State to, std::string reason, Now now);
    void write(Job& job);
    void tell(const Job& job, job::Event event);
    void finish(const Job& job);
    void enqueue(const Job& job);
    void dequeue(const Job& job);
    void begin(Job& job, std::vector<std::string> cards, Now now);
    void conclude(Job& job, const Outcome& outcome, Now now);
    void adopt(Job& job);
    void stop(Job& job, store::Ending ending, std::string reason, Now now);
    void drop_environment(store::EnvironmentId id);

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
    std::deque<std::pair<store::BatchId, job::Id>> finished_;                     // not yet on disk
    std::set<std::pair<Time, job::Id>> deadlines_;                                // of running jobs
    std::unordered_map<std::uint32_t, Usage> usage_;                              // by uid
    std::set<job::Id> alive_;
    std::set<Rank> fresh_;  // queued since the last offer
    job::Id last_id_ = 0;
    store::EnvironmentId last_environment_ = 0;
    std::vector<job::Id> ended_;
    std::string paused_;  // why the executor can start nothing for now
    bool is_draining_ = false;
    bool must_offer_ = false;

    std::array<std::uint64_t, job::state_table.size()> count_{};  // by state
    Histogram waited_;
    std::deque<std::pair<Time, std::uint32_t>> submits_;  // by second, over the last minute
};

}  // namespace ccd::service
