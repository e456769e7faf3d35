// How long what is over stays on record.
//
//   resting --due--> looking --answer--> [ erase what has expired ] --more?--> looking
//      ^                                                               no |   after a pause
//      '------------------------------------------------------------------'
//
// The store is asked for what has expired, a few rows at a time, and what it names goes off the
// record in the batch of that turn: jobs, their keys and output, and the events of before. So no
// step holds up a commit for long, and nothing is done twice if one fails. At the end of a round it
// is known when the next is worth a look: a machine at rest is not woken for it.
//
// Owner: the Service. Loop thread only.
#pragma once

#include <optional>

#include "daemon/service/decisions.h"
#include "daemon/service/events.h"
#include "daemon/service/jobs.h"

namespace ccd::service {

class History {
public:
    // Between two steps of a round.
    static constexpr Millis step_pause{50};

    History(Decisions& decisions, Jobs& jobs, Events& events)
        : decisions_(decisions), jobs_(jobs), events_(events) {}

    // Keeps what ended as long as this; 0: for ever, as at the beginning.
    void set_age(Millis age, Now now);

    // Begins anew, whatever was asked.
    void load(Now now);

    // What the store has found.
    void deliver(const store::Answer& answer, Now now);
    // It has found nothing, because something is wrong with it.
    void failed(Now now);

    // Erases nothing meanwhile.
    void set_resting(bool is_resting) { is_resting_ = is_resting; }

    // Asks if it is time to; when it is. REQUIRES: the store is up.
    std::optional<Time> tick(Now now);

private:
    // At least so long between two rounds.
    Millis rest() const;
    void erase(const store::Answer& answer);

    Decisions& decisions_;
    Jobs& jobs_;
    Events& events_;
    Millis age_{0};
    Time next_ = Time::max();
    // Of the round: jobs up to here were looked at, and what was kept is not older than this.
    job::Id since_ = 0;
    std::optional<WallTime> oldest_kept_;
    bool is_asking_ = false;
    bool is_resting_ = false;
};

}  // namespace ccd::service
