// What is kept for a job that waits, so that those who pass it cannot delay it.
//
// The most urgent job that may not start gets a reservation, one of those that want cards and one
// of those that want none; the less urgent of the two finds what the other leaves. For it the rules
// make a *forecast*: they take a copy of the ledger, let the jobs that run end in the order of
// their time limits until the job has room, and put it there. That moment is its *shadow time*; the
// copy is the machine as it will be then. Another job passes
//
//   - if it ends by its own limit before the shadow time, for then it is gone by then; or
//   - if it has room in the forecast as well, on the same cards. So it has where it uses nothing
//     that is kept, and where it fits beside all that will be there.
//
// A job without a limit ends nobody knows when. Where one is in the way there is no shadow time:
// such jobs are taken to leave one by one, those first that ran when the reservation was made, and
// none more than must. Whoever has a limit may pass then. So the reserved job waits, after those in
// its way, at most for the longest limit of who has passed; once there is a shadow time, nobody who
// passes makes it later.
//
// The obvious way, to count what each card will have free, is the ledger's arithmetic a second
// time. A copy of the ledger cannot disagree with it.
//
// Pure rules. Owner: Jobs. Loop thread only.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/service/ledger.h"

namespace ccd::service {

// A job that runs, and when it ends at the latest; nothing: nobody knows.
struct Runner {
    job::Id job = 0;
    std::optional<Time> ends;
    bool is_to_come = false;  // it has a reservation itself, and goes first
};

// Where and when a job that waits will have room.
struct Forecast {
    Ledger then;                     // the machine at that time, with the job on it
    std::vector<std::string> cards;  // the job's
    std::optional<Time> at;          // the shadow time; nothing: nobody knows

    // Whether a job that ends then, if it ends at all, is gone by that time.
    bool spares(std::optional<Time> ends) const { return ends && (!at || *ends <= *at); }
};

class Reservation {
public:
    Reservation(job::Id job, Demand demand) : job_(job), demand_(std::move(demand)) {}

    job::Id job() const { return job_; }
    const Demand& demand() const { return demand_; }

    // Whether a job with this demand uses anything of the kind that this one needs.
    bool concerns(const Demand& demand) const;

    // Nothing: it would have no room even if all of these ended, so nothing can be kept for it.
    std::optional<Forecast> forecast(const Ledger& ledger, std::vector<Runner> runners,
                                     Time now) const;

    // Somebody has passed it, and has ended.
    void passed_by(job::Id job) { passers_.insert(job); }
    void forget(job::Id job) { passers_.erase(job); }

private:
    using Dropped = std::vector<std::pair<job::Id, Ledger::Holding>>;

    void order(std::vector<Runner>& runners) const;
    void let_stay(Ledger& then, const Dropped& dropped) const;

    job::Id job_;
    Demand demand_;
    std::set<job::Id> passers_;  // of those that run, who has begun since the reservation
};

}  // namespace ccd::service
