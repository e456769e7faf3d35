// Who follows the events, and how far each has come.
//
// An event is published after its commit, and the last of them stay in memory. A subscriber that
// lacks older ones is fed from the store, page by page, until what it lacks is in memory; then from
// there, a part a turn; then it gets events as they happen. So it catches up if it is fed a page in
// the time in which `recent_limit` events are published, and asks the store for nothing more. One
// that reads too slowly gets nothing until it has read what was sent, and is fed again. So two
// pages at most wait for it, and it slows nobody.
//
// Owner: the Service. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "ccd/job.h"
#include "daemon/service/decisions.h"

namespace ccd::service {

class Events {
public:
    static constexpr Millis heartbeat{15'000};
    static constexpr std::size_t streams_limit = 64;    // of one connection
    static constexpr std::size_t recent_limit = 4'096;  // published and kept in memory
    static constexpr std::uint64_t page_limit = 1'000;  // given to one that is behind at a time

    explicit Events(Decisions& decisions) : decisions_(decisions) {}

    // Begins anew from what is committed, `last` being the last event and `pruned` the last that is
    // not on record any more. The subscribers stay, and read on from the store: what they were
    // promised may have failed, and what they have missed may be there.
    void load(std::uint64_t last, std::uint64_t pruned = 0);

    // Records one of a job of `owner`, to be published when its batch is committed. Numbers it.
    void add(job::Event event, std::uint32_t owner);

    // Those up to this one go off the record: who asks for them gets a gap.
    void prune(std::uint64_t seq);

    // The batch is on disk: hand its events to those who follow.
    void committed(store::BatchId batch);

    // Those after `since`, or from now on. `over-limit` where the connection has `streams_limit`
    // already.
    Result<void> subscribe(const Ticket& ticket, store::EventFilter filter,
                           std::optional<std::uint64_t> since, Now now);
    // The connection is gone.
    void forget(std::uint64_t connection);

    // A page for a subscriber that is behind, by the number of its question.
    void deliver(const Ticket& ticket, std::uint64_t number, const store::Answer& answer);
    // Its connection has much unread: it is fed from the store again once `drained`.
    void congested(std::uint64_t connection);
    void drained(std::uint64_t connection);

    // Feeds those that are behind, and sends heartbeats that are due; when to do so again, if
    // anybody follows.
    std::optional<Time> tick(Now now);

    std::uint64_t last() const { return last_; }
    std::size_t subscribers() const { return subscribers_.size(); }

private:
    struct Subscriber {
        store::EventFilter filter;
        std::uint64_t sent = 0;      // up to here
        std::uint64_t question = 0;  // the last one that was asked for it
        std::uint64_t asked_at = 0;  // what was published when that was asked
        Time next_heartbeat{};
        enum class Mode : std::uint8_t {
            live,
            behind,     // it is to be fed at the next tick
            reading,    // the store was asked for what it lacks
            congested,  // much of what was sent is not read
        } mode = Mode::live;
    };
    struct Recent {
        store::BatchId batch = 0;
        std::uint32_t owner = 0;
        job::Event event;
    };

    Result<void> check_streams(std::uint64_t connection) const;
    void publish(const Recent& recent);
    static bool wants(Subscriber& subscriber, const job::Event& event,
                      std::optional<std::uint32_t> owner);
    void give(const Ticket& ticket, Subscriber& subscriber, const job::Event& event,
              std::optional<std::uint32_t> owner);
    void catch_up(const Ticket& ticket, Subscriber& subscriber);
    void fall_behind(Subscriber& subscriber);
    void read_on(const Ticket& ticket, Subscriber& subscriber);
    void beat(Now now);
    void skip_pruned(const Ticket& ticket, Subscriber& subscriber);

    Decisions& decisions_;
    std::uint64_t last_ = 0;       // numbered
    std::uint64_t published_ = 0;  // committed
    std::uint64_t pruned_ = 0;
    WallTime wall_{};  // of the last tick
    // The last of those that were published, and all that are not committed yet: their numbers
    // follow each other, up to last_.
    std::deque<Recent> recent_;
    bool is_anybody_behind_ = false;
    std::map<Ticket, Subscriber> subscribers_;
    Time next_heartbeat_ = Time::max();  // of any of them, at the earliest
};

}  // namespace ccd::service
