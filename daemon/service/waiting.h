// The jobs that wait, in the order in which they may start.
//
// A line holds the jobs of one user that ask for the same: if the first of a line may not start
// now, nobody in it may. So a pass over the waiting looks only at the heads of lines, and its cost
// grows with the number of lines, not of jobs.
//
// Heads are compared by level (the priority, less one for each `ageing` waited), then by their
// user's share, then by who came first. Levels and shares change with time, so no order over all
// heads can be kept. But of one user's heads with one priority (a band) the one that came first is
// always the most urgent. Each band is kept sorted by that, and a pass merges the bands.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/service/ledger.h"
#include "daemon/service/rank.h"

namespace ccd::service {

// What the jobs of a line have in common: everything that decides whether one may start now.
struct LineKey {
    std::uint32_t uid = 0;
    std::int32_t priority = 0;
    job::Id array = 0;
    std::optional<Millis> time_limit;
    std::string pool;
    Demand demand;
    auto operator<=>(const LineKey&) const = default;
};

// What became of a head that was looked at.
struct Verdict {
    enum class What : std::uint8_t {
        started,     // and so it has been removed
        no_room,     // there is not what it needs
        no_more,     // as for another with the same demand in this pass
        kept_back,   // there is, but it would delay a more urgent job
        passed_over  // its pool or its array is full, or its user is put off
    };
    What what = What::no_room;
    job::Id delays = 0;  // whom it would delay
};

class Waiting {
public:
    // A pass is bounded. Each user has an equal part of so many heads that find no room, for those
    // who want cards and for those who want none, but never less than the fewest; what is known
    // without looking counts as a tenth. Who comes later in the order is looked at when some of
    // those before him have started.
    static constexpr std::uint32_t heads_per_pass = 1'000;
    static constexpr std::uint32_t fewest_heads = 32;
    // Of each, so many different priorities are compared at a time, the smallest ones first.
    static constexpr std::size_t bands_at_once = 64;

    using ShareOf = std::function<double(std::uint32_t uid)>;
    // Must remove whom it starts.
    using Look = std::function<Verdict(const LineKey& line, Rank rank)>;

    // 0: waiting makes nobody more urgent.
    void set_ageing(Millis ageing) { ageing_ = ageing; }
    void clear();

    // Whether it is now the head of its line, so that a pass may find room for it.
    bool add(const LineKey& line, Rank rank);
    void remove(const LineKey& line, Rank rank);

    std::size_t size() const { return size_; }

    // The place of a job among all that wait, from 1. Costs by users and their priorities.
    std::size_t position(const LineKey& line, Rank rank, WallTime now,
                         const ShareOf& share_of) const;

    // Looks at the head of each line, the most urgent first; where it has started, at the next of
    // that line in its turn.
    void offer(WallTime now, const ShareOf& share_of, const Look& look);

    // Whom a line would delay, if that is what kept it back when it was last looked at; else 0.
    job::Id delayed_by(const LineKey& line) const;

private:
    struct Line {
        Ranks ranks;
        job::Id delays = 0;
    };
    using Lines = std::map<LineKey, Line>;

    struct Band {
        std::uint32_t uid = 0;
        bool has_cards = false;
        std::int32_t priority = 0;
        bool is_of_party(const Band& other) const {
            return uid == other.uid && has_cards == other.has_cards;
        }
        auto operator<=>(const Band&) const = default;
    };
    // The lines of a band, by their heads, and all who stand in them.
    struct Members {
        std::map<Rank, Lines::value_type*> heads;
        Ranks ranks;
    };
    using Bands = std::map<Band, Members>;

    struct Urgency {
        std::int64_t level = 0;
        double share = 0;
        Rank rank;
        auto operator<=>(const Urgency&) const = default;
    };
    // Where a pass stands in a band.
    struct Cursor {
        Urgency next;
        Band band;
        std::size_t party = 0;  // among those of the pass
    };
    // What a pass has done for a party: the jobs of a user that want cards, or those that do not.
    struct Turn {
        std::uint32_t spent = 0;
        Band last;  // that it has begun
    };
    struct Pass {
        std::vector<Cursor> queue;  // a heap, the most urgent first
        std::vector<Turn> turns;    // by party
        std::uint32_t budget = 0;   // of each
    };

    static Band band_of(const LineKey& line);
    std::int64_t level_of(std::int32_t priority, WallTime submitted_at, WallTime now) const;
    std::size_t count_up_to(std::int64_t level, const Bands::value_type& band, WallTime now) const;
    Cursor at(Bands::const_iterator band, Rank head, std::size_t party, double share,
              WallTime now) const;
    Pass begin_pass(WallTime now, const ShareOf& share_of) const;
    std::optional<Cursor> after(const Cursor& cursor, Turn& turn, WallTime now) const;

    Millis ageing_{0};
    Lines lines_;
    Bands bands_;
    std::size_t size_ = 0;
};

}  // namespace ccd::service
