#include "daemon/service/events.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ccd::service {

void Events::load(std::uint64_t last, std::uint64_t pruned) {
    last_ = published_ = last;
    pruned_ = pruned;
    recent_.clear();
    for (auto& [ticket, subscriber] : subscribers_) {
        subscriber.sent = std::min(subscriber.sent, last);
        if (subscriber.mode != Subscriber::Mode::congested) fall_behind(subscriber);
    }
}

void Events::add(job::Event event, std::uint32_t owner) {
    event.seq = ++last_;
    recent_.push_back({decisions_.batch_id, owner, event});
    decisions_.batch.add(std::move(event));
}

void Events::committed(store::BatchId batch) {
    while (published_ < last_) {
        const auto& next = recent_[published_ + 1 - recent_.front().event.seq];
        if (next.batch > batch) break;
        ++published_;
        publish(next);
    }
    while (!recent_.empty() && recent_.front().event.seq + recent_limit <= published_)
        recent_.pop_front();
}

void Events::publish(const Recent& recent) {
    std::vector<Ticket> to;
    for (auto& [ticket, subscriber] : subscribers_)
        if (subscriber.mode == Subscriber::Mode::live &&
            wants(subscriber, recent.event, recent.owner))
            to.push_back(ticket);
    if (!to.empty()) decisions_.effects.emplace_back(Publish{std::move(to), recent.event});
}

// Whether it is to be given this one; it has come so far.
bool Events::wants(Subscriber& subscriber, const job::Event& event,
                   std::optional<std::uint32_t> owner) {
    if (event.seq <= subscriber.sent) return false;
    subscriber.sent = event.seq;
    return subscriber.filter.takes(event, owner);
}

void Events::give(const Ticket& ticket, Subscriber& subscriber, const job::Event& event,
                  std::optional<std::uint32_t> owner) {
    if (wants(subscriber, event, owner)) decisions_.effects.emplace_back(Publish{{ticket}, event});
}

void Events::prune(std::uint64_t seq) {
    pruned_ = std::max(pruned_, seq);
}

void Events::skip_pruned(const Ticket& ticket, Subscriber& subscriber) {
    if (subscriber.sent >= pruned_) return;
    subscriber.sent = pruned_;
    decisions_.effects.emplace_back(
        Publish{{ticket}, job::Event{.seq = pruned_, .time = wall_, .gap = true}});
}

// A part from memory, if what it lacks is there.
void Events::catch_up(const Ticket& ticket, Subscriber& subscriber) {
    auto first = recent_.empty() ? published_ + 1 : recent_.front().event.seq;
    if (subscriber.sent + 1 < first) return read_on(ticket, subscriber);
    auto end = std::min(published_, subscriber.sent + page_limit);
    for (auto seq = subscriber.sent + 1; seq <= end; ++seq) {
        const auto& recent = recent_[seq - first];
        give(ticket, subscriber, recent.event, recent.owner);
    }
    subscriber.mode = Subscriber::Mode::live;
    if (subscriber.sent < published_) fall_behind(subscriber);
}

void Events::fall_behind(Subscriber& subscriber) {
    subscriber.mode = Subscriber::Mode::behind;
    is_anybody_behind_ = true;
}

void Events::read_on(const Ticket& ticket, Subscriber& subscriber) {
    skip_pruned(ticket, subscriber);
    subscriber.mode = Subscriber::Mode::reading;
    subscriber.asked_at = published_;
    ++subscriber.question;
    decisions_.effects.emplace_back(
        Ask{.ticket = ticket,
            .caller = {},
            .query = store::EventPage{.since = subscriber.sent, .filter = subscriber.filter},
            .purpose = AskEvents{.number = subscriber.question}});
}

Result<void> Events::check_streams(std::uint64_t connection) const {
    auto first = subscribers_.lower_bound(Ticket{.connection = connection});
    auto end = subscribers_.lower_bound(Ticket{.connection = connection + 1});
    if (std::cmp_less(std::distance(first, end), streams_limit)) return {};
    return failure(Errc::over_limit, "this connection follows " + std::to_string(streams_limit) +
                                         " streams of events already; no more are allowed");
}

Result<void> Events::subscribe(const Ticket& ticket, store::EventFilter filter,
                               std::optional<std::uint64_t> since, Now now) {
    CCD_TRY(check_streams(ticket.connection));
    auto& subscriber = subscribers_[ticket];
    wall_ = now.wall;
    subscriber.filter = std::move(filter);
    subscriber.next_heartbeat = now.time + heartbeat;
    next_heartbeat_ = std::min(next_heartbeat_, subscriber.next_heartbeat);
    // From now on means from what this very turn decides, which may not be on disk yet.
    subscriber.sent = std::min(since.value_or(last_), last_);
    if (since && *since <= last_) fall_behind(subscriber);
    // Who knows events that are not on record here: the numbers have begun anew.
    if (since && *since > last_)
        decisions_.effects.emplace_back(
            Publish{{ticket}, job::Event{.seq = last_, .time = now.wall, .gap = true}});
    return {};
}

void Events::forget(std::uint64_t connection) {
    std::erase_if(subscribers_,
                  [&](const auto& entry) { return entry.first.connection == connection; });
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
    // The store has asked whose they are.
    for (const auto& event : answer.events) give(ticket, subscriber, event, subscriber.filter.uid);
    // It looked as far as this, and what is not wanted is not given. A whole page has all
    // that was on disk when it was asked for.
    auto seen = answer.is_partial ? answer.next : std::max(answer.next, subscriber.asked_at);
    subscriber.sent = std::max(subscriber.sent, seen);
    fall_behind(subscriber);
}

void Events::congested(std::uint64_t connection) {
    for (auto& [ticket, subscriber] : subscribers_)
        if (ticket.connection == connection) subscriber.mode = Subscriber::Mode::congested;
}

void Events::drained(std::uint64_t connection) {
    for (auto& [ticket, subscriber] : subscribers_)
        if (ticket.connection == connection && subscriber.mode == Subscriber::Mode::congested)
            catch_up(ticket, subscriber);
}

std::optional<Time> Events::tick(Now now) {
    wall_ = now.wall;
    if (std::exchange(is_anybody_behind_, false))
        for (auto& [ticket, subscriber] : subscribers_)
            if (subscriber.mode == Subscriber::Mode::behind) catch_up(ticket, subscriber);
    if (subscribers_.empty()) return std::nullopt;
    if (next_heartbeat_ <= now.time) beat(now);
    return is_anybody_behind_ ? now.time : next_heartbeat_;
}

void Events::beat(Now now) {
    next_heartbeat_ = Time::max();
    for (auto& [ticket, subscriber] : subscribers_) {
        if (subscriber.next_heartbeat <= now.time) {
            subscriber.next_heartbeat = now.time + heartbeat;
            // Its page may have failed to be read.
            if (subscriber.mode == Subscriber::Mode::reading) read_on(ticket, subscriber);
            if (subscriber.mode == Subscriber::Mode::live)
                decisions_.effects.emplace_back(
                    Publish{{ticket}, job::Event{.seq = subscriber.sent, .time = now.wall}});
        }
        next_heartbeat_ = std::min(next_heartbeat_, subscriber.next_heartbeat);
    }
}

}  // namespace ccd::service
