#include "daemon/service/events.h"

#include <algorithm>

namespace ccd::service {

void Events::load(std::uint64_t last, std::uint64_t pruned) {
    last_ = published_ = last;
    pruned_ = pruned;
    uncommitted_.clear();
    for (auto& [ticket, subscriber] : subscribers_) {
        subscriber.sent = std::min(subscriber.sent, last);
        if (subscriber.mode != Subscriber::Mode::congested) read_on(ticket, subscriber);
    }
}

void Events::add(job::Event event) {
    event.seq = ++last_;
    if (!subscribers_.empty()) uncommitted_.emplace(decisions_.batch_id, event);
    decisions_.batch.add(std::move(event));
}

void Events::committed(store::BatchId batch) {
    for (auto at = uncommitted_.begin(); at != uncommitted_.end() && at->first <= batch;
         at = uncommitted_.erase(at)) {
        published_ = at->second.seq;
        publish(at->second);
    }
}

void Events::publish(const job::Event& event) {
    for (auto& [ticket, subscriber] : subscribers_)
        if (subscriber.mode == Subscriber::Mode::live) give(ticket, subscriber, event);
}

void Events::give(const Ticket& ticket, Subscriber& subscriber, const job::Event& event) {
    if (event.seq <= subscriber.sent) return;
    subscriber.sent = event.seq;
    if (!subscriber.job || event.job == subscriber.job)
        decisions_.effects.emplace_back(Publish{ticket, event});
}

void Events::prune(std::uint64_t seq) {
    pruned_ = std::max(pruned_, seq);
}

void Events::skip_pruned(const Ticket& ticket, Subscriber& subscriber) {
    if (subscriber.sent >= pruned_) return;
    subscriber.sent = pruned_;
    decisions_.effects.emplace_back(
        Publish{ticket, job::Event{.seq = pruned_, .time = wall_, .gap = true}});
}

void Events::read_on(const Ticket& ticket, Subscriber& subscriber) {
    skip_pruned(ticket, subscriber);
    subscriber.mode = Subscriber::Mode::reading;
    subscriber.asked_at = published_;
    ++subscriber.question;
    decisions_.effects.emplace_back(
        Ask{.ticket = ticket,
            .caller = {},
            .query = store::EventPage{.since = subscriber.sent, .job = subscriber.job},
            .purpose = AskEvents{.number = subscriber.question}});
}

void Events::subscribe(const Ticket& ticket, const job::EventsRequest& request, Now now) {
    auto& subscriber = subscribers_[ticket];
    wall_ = now.wall;
    subscriber.job = request.job;
    subscriber.next_heartbeat = now.time + heartbeat;
    next_heartbeat_ = std::min(next_heartbeat_, subscriber.next_heartbeat);
    // From now on means from what this very turn decides, which may not be on disk yet.
    subscriber.sent = std::min(request.since.value_or(last_), last_);
    if (!request.since) return;
    if (*request.since <= last_) return read_on(ticket, subscriber);
    // It knows events that are not on record here: the numbers have begun anew.
    decisions_.effects.emplace_back(
        Publish{ticket, job::Event{.seq = last_, .time = now.wall, .gap = true}});
}

void Events::forget(std::uint64_t connection) {
    std::erase_if(subscribers_,
                  [&](const auto& entry) { return entry.first.connection == connection; });
    if (subscribers_.empty()) uncommitted_.clear();
}

void Events::deliver(const Ticket& ticket, std::uint64_t number, const store::Answer& answer) {
    auto at = subscribers_.find(ticket);
    if (at == subscribers_.end() || at->second.question != number ||
        at->second.mode != Subscriber::Mode::reading)
        return;
    auto& subscriber = at->second;
    // The page may have been read before or after what was pruned meanwhile was.
    if (answer.events.empty() || answer.events.front().seq > pruned_)
        skip_pruned(ticket, subscriber);
    for (const auto& event : answer.events) give(ticket, subscriber, event);
    // The store looked as far as this, and events of other jobs are not given.
    if (answer.is_partial) subscriber.sent = std::max(subscriber.sent, answer.next);
    // A whole page has all that was on disk when it was read. What was published since may be
    // missing from it.
    if (answer.is_partial || subscriber.asked_at != published_) return read_on(ticket, subscriber);
    subscriber.mode = Subscriber::Mode::live;
}

void Events::congested(std::uint64_t connection) {
    for (auto& [ticket, subscriber] : subscribers_)
        if (ticket.connection == connection) subscriber.mode = Subscriber::Mode::congested;
}

void Events::drained(std::uint64_t connection) {
    for (auto& [ticket, subscriber] : subscribers_)
        if (ticket.connection == connection && subscriber.mode == Subscriber::Mode::congested)
            read_on(ticket, subscriber);
}

std::optional<Time> Events::tick(Now now) {
    wall_ = now.wall;
    if (subscribers_.empty()) return std::nullopt;
    if (next_heartbeat_ > now.time) return next_heartbeat_;
    next_heartbeat_ = Time::max();
    for (auto& [ticket, subscriber] : subscribers_) {
        if (subscriber.next_heartbeat <= now.time) {
            subscriber.next_heartbeat = now.time + heartbeat;
            // Its page may have failed to be read.
            if (subscriber.mode == Subscriber::Mode::reading) read_on(ticket, subscriber);
            if (subscriber.mode == Subscriber::Mode::live)
                decisions_.effects.emplace_back(
                    Publish{ticket, job::Event{.seq = subscriber.sent, .time = now.wall}});
        }
        next_heartbeat_ = std::min(next_heartbeat_, subscriber.next_heartbeat);
    }
    return next_heartbeat_;
}

}  // namespace ccd::service
