// Who follows the events, and how far each has come.
//
// An event is published after its commit. A subscriber that asks for older ones is fed from the
// store, page by page, until it has caught up; then it gets events as they happen. One that reads
// too slowly gets nothing more until it has read what was sent, and is then fed from the store. So
// a page at most waits for it, and it slows nobody.
//
// Owner: the Service. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "ccd/job.h"
#include "daemon/service/decisions.h"

namespace ccd::service {

class Events {
public:
    static constexpr Millis heartbeat{15'000};

    explicit Events(Decisions& decisions) : decisions_(decisions) {}

    // Begins anew from what is committed, `last` being the last event and `pruned` the last that is
    // not on record any more. The subscribers stay, and
    // read on from the store: what they were promised may have failed, and what they have missed
    // may be there.
    void load(std::uint64_t last, std::uint64_t pruned = 0);

    // Records one, to be published when its batch is committed. Numbers it.
    void add(job::Event event);

    // Those up to this one go off the record: who asks for them gets a gap.
    void prune(std::uint64_t seq);

    // The batch is on disk: hand its events to those who follow.
    void committed(store::BatchId batch);

    void subscribe(const Ticket& ticket, const job::EventsRequest& request, Now now);
    // The connection is gone.
    void forget(std::uint64_t connection);

    // A page for a subscriber that is behind, by the number of its question.
    void deliver(const Ticket& ticket, std::uint64_t number, const store::Answer& answer);
    // Its connection has much unread: it is fed from the store again once `drained`.
    void congested(std::uint64_t connection);
    void drained(std::uint64_t connection);

    // Sends heartbeats that are due; the time of the next, if anybody follows.
    std::optional<Time> tick(Now now);

    std::uint64_t last() const { return last_; }
    std::size_t subscribers() const { return subscribers_.size(); }

private:
    struct Subscriber {
        std::optional<job::Id> job;
        std::uint64_t sent = 0;      // up to here
        std::uint64_t question = 0;  // the last one that was asked for it
        std::uint64_t asked_at = 0;  // what was published when that was asked
        Time next_heartbeat{};
        enum class Mode : std::uint8_t { live, reading, congested } mode = Mode::live;
    };

    void publish(const job::Event& event);
    void give(const Ticket& ticket, Subscriber& subscriber, const job::Event& event);
    void read_on(const Ticket& ticket, Subscriber& subscriber);
    void skip_pruned(const Ticket& ticket, Subscriber& subscriber);

    Decisions& decisions_;
    std::uint64_t last_ = 0;       // numbered
    std::uint64_t published_ = 0;  // committed
    std::uint64_t pruned_ = 0;
    WallTime wall_{};  // of the last tick
    std::multimap<store::BatchId, job::Event> uncommitted_;
    std::map<Ticket, Subscriber> subscribers_;
    Time next_heartbeat_ = Time::max();  // of any of them, at the earliest
};

}  // namespace ccd::service
