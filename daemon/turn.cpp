#include "daemon/turn.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "daemon/handlers/answers.h"

namespace ccd::daemon {
namespace {

template <class... Visit>
struct Overloaded : Visit... {
    using Visit::operator()...;
};

service::Caller caller_of(const net::Peer& peer) {
    // Root, and the user that runs the daemon.
    static const auto own_uid = geteuid();
    return {.uid = peer.uid,
            .gid = peer.gid,
            .pid = peer.pid,
            .is_admin = peer.uid == 0 || peer.uid == own_uid};
}

Error unconfirmed() {
    return Error{.code = Errc::storage_unavailable,
                 .message = "the store failed while this was being written; ask again",
                 .retry_after = Millis{1'000},
                 .confirmed = false};
}

}  // namespace

Turn::Turn(loop::Loop& loop, service::Service& service, store::Store& store,
           const handlers::Host& host, Millis hang_after, Actions actions)
    : loop_(loop),
      service_(service),
      store_(store),
      host_(host),
      hang_after_(hang_after),
      actions_(std::move(actions)),
      // Waking is all it has to do: the turn then ends as every turn.
      alarm_(loop, [] {}) {}

handlers::Context Turn::context_for(const service::Ticket& ticket, const service::Caller& caller) {
    return {
        .service = service_, .host = host_, .caller = caller, .ticket = ticket, .now = loop_.now()};
}

handlers::Outcome Turn::request(net::Session& session, std::string_view body, std::string& out) {
    auto context = context_for({.connection = session.id()}, caller_of(session.peer()));
    auto begun = out.size();
    auto outcome = handlers::dispatch(context, body, out);
    ++figures_.requests;
    if (outcome.is_error) ++figures_.errors;
    if (outcome.what == handlers::Outcome::What::later) return outcome;
    if (outcome.depends_on <= last_ended_) {
        ++answered_at_once_;
        return outcome;
    }
    pending_.at(outcome.depends_on)
        .replies.push_back({.ticket = {.connection = session.id(), .msgid = outcome.msgid},
                            .frame = out.substr(begun),
                            .asked_at = context.now.time});
    out.resize(begun);
    return outcome;
}

void Turn::finish(const service::Ticket& ticket, const handlers::Outcome& outcome,
                  std::string frame) {
    if (outcome.what == handlers::Outcome::What::later) return;
    if (outcome.is_error) ++figures_.errors;
    if (outcome.depends_on <= last_ended_) return send(ticket, frame);
    pending_.at(outcome.depends_on)
        .replies.push_back(
            {.ticket = ticket, .frame = std::move(frame), .asked_at = loop_.now().time});
}

void Turn::send(const service::Ticket& ticket, const std::string& frame) {
    clients_->send(ticket.connection, frame);
}

void Turn::end() {
    std::optional<Time> next;
    auto sooner = [&](std::optional<Time> time) {
        if (time && (!next || *time < *next)) next = time;
    };
    auto now = loop_.now();
    // Sending may let a subscriber read on, which is one more thing decided.
    do {
        sooner(service_.tick(now));
        submit_batch();
        if (clients_ != nullptr) sooner(clients_->flush(now));
    } while (service_.has_decided());
    if (auto times = std::exchange(answered_at_once_, 0); times > 0)
        figures_.latency.add(loop::Loop::read_clocks().time - now.time, times);
    sooner(check_hang());
    if (next)
        alarm_.set(std::chrono::ceil<Millis>(*next - now.time));
    else if (alarm_.is_set())
        alarm_.cancel();
}

void Turn::submit_batch() {
    if (!service_.has_decided()) {
        pending_.move(service_.current_batch(), last_sent_);
        if (last_sent_ == last_ended_)
            for (auto& waiting : pending_.take(last_ended_)) release(std::move(waiting));
        return;
    }
    auto batch_id = service_.current_batch();
    auto is_written = service_.has_rows();
    auto decided = service_.take(is_written ? batch_id + 1 : batch_id);
    if (!is_written) {
        carry_out(std::move(decided.effects));
        return submit_batch();
    }
    last_sent_ = store_.send(std::move(decided.batch));
    assert(last_sent_ == batch_id);
    // An event is published because its own batch is committed; no later one may hold it up, or
    // events of a turn without rows would overtake it.
    auto waits = [](const service::Effect& effect) {
        return !std::holds_alternative<service::Publish>(effect);
    };
    auto at_once = std::ranges::stable_partition(decided.effects, waits);
    std::ranges::move(decided.effects.begin(), at_once.begin(),
                      std::back_inserter(pending_.at(batch_id).effects));
    carry_out({std::make_move_iterator(at_once.begin()), std::make_move_iterator(at_once.end())});
}

void Turn::carry_out(std::vector<service::Effect> effects) {
    for (auto& effect : effects)
        std::visit(Overloaded{
                       [&](service::Ask& asked) { ask(std::move(asked)); },
                       [&](service::Publish& published) { publish(published); },
                       [&](service::Refuse& refused) { refuse(refused.ticket, refused.error); },
                       [&](auto&) { actions_.carry_out(std::move(effect)); },
                   },
                   effect);
}

void Turn::ask(service::Ask asked) {
    auto purpose = std::move(asked.purpose);
    // Who follows the events always waits for more.
    std::size_t waiting = std::holds_alternative<service::AskEvents>(purpose) ? 0 : 1;
    asked_ += waiting;
    store_.ask(std::move(asked.query),
               [this, waiting, ticket = asked.ticket, caller = asked.caller,
                purpose = std::move(purpose)](Result<store::Answer> answer) mutable {
                   asked_ -= waiting;
                   auto context = context_for(ticket, caller);
                   std::string frame;
                   auto outcome =
                       handlers::complete(context, std::move(purpose), std::move(answer), frame);
                   finish(ticket, outcome, std::move(frame));
               });
}

void Turn::publish(const service::Publish& published) {
    std::string frame;
    handlers::put_event_frame(frame, published.ticket.msgid, published.event);
    if (!clients_->send(published.ticket.connection, frame))
        service_.events.congested(published.ticket.connection);
}

void Turn::refuse(const service::Ticket& ticket, const Error& error) {
    std::string frame;
    handlers::put_error_frame(frame, ticket.msgid, error);
    ++figures_.errors;
    send(ticket, frame);
}

void Turn::batch_ended(const store::BatchEnded& ended) {
    last_ended_ = std::max(last_ended_, ended.id);
    if (!ended.saved) return store_failed(ended.saved.error(), ended.id);
    // The rules have been told that the store is down, and will begin anew; what waited for this
    // batch has happened, but nobody can be told so from what they know.
    if (!service_.is_store_up()) {
        for (auto& waiting : pending_.take(ended.id)) refuse_all(std::move(waiting), unconfirmed());
        return;
    }
    service_.committed(ended.id);
    for (auto& waiting : pending_.take(ended.id)) release(std::move(waiting));
}

void Turn::release(Pending::Waiting waiting) {
    auto now = loop_.now().time;
    for (const auto& reply : waiting.replies) {
        figures_.latency.add(now - reply.asked_at);
        send(reply.ticket, reply.frame);
    }
    carry_out(std::move(waiting.effects));
}

void Turn::refuse_all(Pending::Waiting waiting, const Error& error) {
    for (const auto& reply : waiting.replies) refuse(reply.ticket, error);
    for (auto& effect : waiting.effects)
        if (auto* asked = std::get_if<service::Ask>(&effect);
            asked != nullptr && !std::holds_alternative<service::AskEvents>(asked->purpose))
            refuse(asked->ticket, error);
}

void Turn::store_failed(const Error& error, store::BatchId up_to) {
    auto was_up = service_.is_store_up();
    if (was_up) {
        service_.store_is_down(error);
        actions_.on_store_down(error.message);
    }
    for (auto& waiting : pending_.take(up_to)) refuse_all(std::move(waiting), error);
}

// A commit that hangs is given up: whoever waits for it is told, and what becomes of it is found
// out when the store is opened again.
std::optional<Time> Turn::check_hang() {
    if (last_sent_ == last_ended_ || !service_.is_store_up()) return std::nullopt;
    auto since = store_.statistics().saving_since;
    if (!since) return loop_.now().time + hang_after_;
    auto given_up_at = *since + hang_after_;
    if (given_up_at > loop_.now().time) return given_up_at;
    store_failed(Error{.code = Errc::storage_unavailable,
                       .message = "the disk has not answered for " +
                                  std::to_string(hang_after_.count()) + " ms; ask again later",
                       .retry_after = hang_after_,
                       .confirmed = false},
                 last_sent_);
    if (clients_ != nullptr) clients_->flush(loop_.now());
    return std::nullopt;
}

}  // namespace ccd::daemon
