// Who waits for jobs to end.
//
// Owner: the Service. Loop thread only. The answer is read from the store once the last end is
// committed, so that it is what everybody will see from then on.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>

#include "ccd/job.h"
#include "daemon/service/decisions.h"
#include "daemon/service/jobs.h"

namespace ccd::service {

class Waits {
public:
    // In all that one connection waits for; each wait has one at least.
    static constexpr std::size_t ids_limit = 10'000;
    // Of the commands in one reply, in bytes; the others are left out.
    static constexpr std::size_t command_limit = 512 << 10;

    Waits(Decisions& decisions, const Jobs& jobs) : decisions_(decisions), jobs_(jobs) {}

    // Begins anew from what is committed, for everybody: an end that was announced may not have
    // come on record.
    void load();

    // Answers once all of the jobs (with `any`, one of them) have ended. `over-limit` where the
    // connection waits for too many.
    Result<void> add(const Ticket& ticket, const Caller& caller, const job::WaitRequest& request);
    // It has been refused: nobody waits any more.
    void forget(const Ticket& ticket);
    // The connection is gone.
    void forget(std::uint64_t connection);

    // Jobs that have ended: asks the store for the answers of those who waited for them.
    void ended(const std::vector<job::Id>& jobs);

    // What the store has said of a waiter's jobs. Yields the reply, or nothing: it waits on. While
    // the store is down it may ask nothing more: `load` will.
    Result<std::optional<std::vector<store::JobRow>>> settle(const Ticket& ticket,
                                                             store::Answer answer,
                                                             bool may_ask = true);

private:
    struct Waiter {
        Caller caller;
        job::WaitRequest request;
        std::set<job::Id> unfinished;
    };

    void begin(const Ticket& ticket, Waiter& waiter);
    void wait_on(const Ticket& ticket, Waiter& waiter, const store::Answer& answer, bool may_ask);
    void ask(const Ticket& ticket, const Waiter& waiter);
    void erase(std::map<Ticket, Waiter>::iterator waiter);

    Decisions& decisions_;
    const Jobs& jobs_;
    std::map<Ticket, Waiter> waiters_;
    std::set<std::pair<job::Id, Ticket>> by_job_;
    std::unordered_map<std::uint64_t, std::size_t> ids_of_;  // by connection
};

}  // namespace ccd::service
