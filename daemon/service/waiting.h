// The jobs that wait, in the order in which they may start.
//
// Jobs with equal demands stand in one line: if the first of a line has no room, nobody in it has.
// So a pass over the waiting jobs looks only at the first of each line, and its cost grows with
// the number of different demands, not of jobs.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>

#include "daemon/service/ledger.h"

namespace ccd::service {

// Who goes first: the smaller priority, then who came first.
struct Rank {
    std::int32_t priority = 0;
    job::Id id = 0;
    auto operator<=>(const Rank&) const = default;
};

class Waiting {
public:
    void add(Rank rank, const Demand& demand);
    void remove(Rank rank, const Demand& demand);

    // Whether a job that waits is the first of its line.
    bool is_first(Rank rank, const Demand& demand) const;

    std::size_t size() const { return size_; }

    // The place of a job among all that wait, from 1. Grows with the number of jobs before it.
    std::size_t position(Rank rank) const;

    // Offers the first of each line, the most urgent first, to `start(rank, demand)`. Where that
    // says yes the job is removed, if it was not already, and the next of its line is offered in
    // its turn.
    template <class Start>
    void offer(Start start) {
        for (auto at = heads_.begin(); at != heads_.end();) {
            // Kept here: the line ends with its last job.
            auto rank = at->first;
            auto demand = at->second->first;
            if (!start(rank, demand)) {
                ++at;
                continue;
            }
            remove(rank, demand);
            // Whoever heads the line now comes later in the order.
            at = heads_.upper_bound(rank);
        }
    }

private:
    using Lines = std::map<Demand, std::set<Rank>>;
    using Line = Lines::value_type;

    Lines lines_;
    std::map<Rank, Line*> heads_;
    std::size_t size_ = 0;
};

}  // namespace ccd::service
