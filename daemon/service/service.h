// All rules together, as the daemon sees them.
//
// A turn: requests and reports change memory through `jobs`, `events`, `waits` and `ledger`; `tick`
// decides what follows; `take` yields what was decided. The daemon commits the batch, and only
// then replies and carries the effects out.
//
// While the store is down nothing durable may change: `durable` refuses, and `tick` leaves it
// alone.
//
// Owner: daemon.cpp. Loop thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/service/check.h"
#include "daemon/service/decisions.h"
#include "daemon/service/events.h"
#include "daemon/service/history.h"
#include "daemon/service/jobs.h"
#include "daemon/service/ledger.h"
#include "daemon/service/queues.h"
#include "daemon/service/waits.h"

namespace ccd::service {

class Service {
public:
    Service(JobsConfig jobs_config, LedgerConfig ledger_config, QueuesConfig queues_config = {});
    ~Service();

    // Begins anew from what is committed: `load`, then `load_jobs` with some of the unfinished jobs
    // after the others, by id, then `loaded`. Until then the store counts as down.
    void load(store::Snapshot snapshot, Now now);
    void load_jobs(std::vector<store::JobRow> rows, Now now) {
        jobs.load_part(std::move(rows), now);
    }
    void loaded(Now now);

    // Decides what is due. When to tick again without a request.
    std::optional<Time> tick(Now now);

    bool has_decided() const { return !decisions_.batch.empty() || !decisions_.effects.empty(); }
    bool has_rows() const { return !decisions_.batch.empty(); }
    void decide(Effect effect) { decisions_.effects.push_back(std::move(effect)); }
    // What was decided since the last call. `next` is the number the next batch will have.
    Decisions take(store::BatchId next);
    store::BatchId current_batch() const { return decisions_.batch_id; }

    void committed(store::BatchId batch);
    store::BatchId last_committed() const { return last_committed_; }

    // Starts no more jobs, or starts them again; kept over restarts.
    void set_draining(bool draining);

    // From now on, until the next time it is loaded, durable requests are refused with this.
    void store_is_down(Error why);
    bool is_store_up() const { return !down_; }
    Result<void> check_store() const;

    // Why a job does not run, most important first; empty for one that does.
    std::vector<job::Blocker> blockers(const Job& job, Now now) const;

    // A connection is gone, and with it everybody who waits on it.
    void forget(std::uint64_t connection);

private:
    void drop_undone();

    Decisions decisions_;
    store::BatchId last_committed_ = 0;
    std::optional<Error> down_ =
        Error{.code = Errc::storage_unavailable, .message = "the store is not open yet"};

public:
    Ledger ledger;
    Events events;
    Jobs jobs;
    Waits waits;
    History history;
    Check check;
    Queues queues;
};

}  // namespace ccd::service
