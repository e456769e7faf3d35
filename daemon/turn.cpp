#include "daemon/turn.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <functional>
#include <iterator>
#include <utility>

#include "daemon/handlers/answers.h"
#include "daemon/overloaded.h"

namespace ccd::daemon {
namespace {

service::Caller caller_of(const net::Peer& peer) {
    // Root, and the user that runs the daemon.
    static const auto own_uid = geteuid();
    return {.uid = peer.uid,
            .gid = peer.gid,
            .pid = peer.pid,
            .is_admin = peer.uid == 0 || peer.uid == own_uid};
}

Error too_many_unanswered() {
    return Error{.code = Errc::over_limit,
                 .message = std::to_string(Owed::request_limit) +
                            " requests of this connection, or " +
                            std::to_string(Owed::byte_limit >> 20) +
                            " MiB of replies to them, are on their way; no more are taken"};
}

Error too_much_unread() {
    return Error{.code = Errc::over_limit,
                 .message =
                     "much of what was sent to this connection has not been read: read it "
                     "and ask again"};
}

// Of what the store has answered so far.
std::size_t size_of(const std::vector<store::JobRow>& rows) {
    auto size = rows.size() * sizeof(store::JobRow);
    for (const auto& row : rows) size += row.argv.size();
    return size;
}

std::size_t kept_for(const service::Purpose& purpose) {
    if (const auto* status = std::get_if<service::AskStatus>(&purpose))
        return size_of(status->found);
    if (const auto* list = std::get_if<service::AskList>(&purpose)) return size_of(list->found);
    return 0;
}

Error hangs(Millis since) {
    return Error{.code = Errc::storage_unavailable,
                 .message = "the disk has not answered for " + std::to_string(since.count()) +
                            " ms; ask again later",
                 .retry_after = since,
                 .confirmed = false};
}

bool may_change(const service::Purpose& purpose) {
    return std::holds_alternative<service::AskSubmit>(purpose) ||
           std::holds_alternative<service::AskRetry>(purpose);
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
    return {.service = service_,
            .host = host_,
            .caller = caller,
            .ticket = ticket,
            .now = loop_.now(),
            .asked_at = loop_.now().time};
}

handlers::Outcome Turn::request(net::Session& session, std::string_view body, std::string& out) {
    auto context = context_for({.connection = session.id()}, caller_of(session.peer()));
    context.passed = &session.passed();
    auto begun = out.size();
    auto outcome = owed_.is_full(session.id())
                       ? handlers::refuse_request(body, too_many_unanswered(), out)
                       : handlers::dispatch(context, body, out);
    ++figures_.requests;
    if (outcome.is_error) ++figures_.errors;
    if (outcome.what == handlers::Outcome::What::later) {
        owed_.add_request(session.id());
        return outcome;
    }
    if (is_settled(outcome.depends_on)) {
        ++answered_at_once_;
        return outcome;
    }
    owed_.add_request(session.id());
    hold(outcome.depends_on, {.ticket = {.connection = session.id(), .msgid = outcome.msgid},
                              .frame = out.substr(begun),
                              .asked_at = context.asked_at});
    out.resize(begun);
    return outcome;
}

void Turn::finish(const service::Ask& asked, const handlers::Outcome& outcome, std::string frame) {
    if (outcome.what == handlers::Outcome::What::later) return;
    if (outcome.is_error) ++figures_.errors;
    if (!is_settled(outcome.depends_on))
        return hold(
            outcome.depends_on,
            {.ticket = asked.ticket, .frame = std::move(frame), .asked_at = asked.asked_at});
    // Who reads nothing and only asks is not to be kept ever more for. What was changed is told.
    if (!may_change(asked.purpose) && !clients_->has_room(asked.ticket.connection))
        return refuse(asked.ticket, too_much_unread());
    // A wait takes as long as its jobs do.
    if (!std::holds_alternative<service::AskWait>(asked.purpose))
        figures_.latency.add(loop_.now().time - asked.asked_at);
    send(asked.ticket, frame);
}

void Turn::hold(store::BatchId batch, HeldReply reply) {
    owed_.add_bytes(reply.ticket.connection, reply.frame.size());
    pending_.at(batch).replies.push_back(std::move(reply));
}

std::vector<Pending::Waiting> Turn::take_held(std::vector<Pending::Waiting> taken) {
    for (const auto& waiting : taken)
        for (const auto& reply : waiting.replies)
            owed_.take_bytes(reply.ticket.connection, reply.frame.size());
    return taken;
}

// While the store is down nothing waits for it: what is read then says what is not confirmed.
bool Turn::is_settled(store::BatchId batch) const {
    return batch <= last_ended_ || !service_.is_store_up();
}

void Turn::send(const service::Ticket& ticket, const std::string& frame) {
    owed_.take_request(ticket.connection);
    clients_->send(ticket.connection, frame);
}

bool Turn::send(const service::Ticket& ticket, const std::string& frame,
                std::vector<UniqueFd> descriptors) {
    if (!clients_->has_room(ticket.connection)) {
        refuse(ticket, too_much_unread());
        return false;
    }
    owed_.take_request(ticket.connection);
    return clients_->send(ticket.connection, frame, std::move(descriptors));
}

void Turn::forget(std::uint64_t connection) {
    owed_.forget(connection);
    service_.forget(connection);
}

bool Turn::is_idle() const {
    return pending_.empty() && std::ranges::all_of(questions_, [](const auto& question) {
               return !service::has_asker(question.second.purpose);
           });
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
        sooner(check_hang());
        if (clients_ != nullptr) sooner(clients_->flush(now));
    } while (service_.has_decided());
    if (auto times = std::exchange(answered_at_once_, 0); times > 0)
        figures_.latency.add(loop::Loop::read_clocks().time - now.time, times);
    if (next)
        alarm_.set(std::chrono::ceil<Millis>(*next - now.time));
    else if (alarm_.is_set())
        alarm_.cancel();
}

void Turn::submit_batch() {
    if (!service_.has_decided()) {
        pending_.move(service_.current_batch(), last_sent_);
        if (last_sent_ == last_ended_)
            for (auto& waiting : take_held(pending_.take(last_ended_))) release(std::move(waiting));
        return;
    }
    auto batch_id = service_.current_batch();
    auto is_written = service_.has_rows();
    auto decided = service_.take(is_written ? batch_id + 1 : batch_id);
    if (!is_written) {
        act_after(last_sent_, std::move(decided.effects));
        return submit_batch();
    }
    last_sent_ = store_.send(std::move(decided.batch));
    assert(last_sent_ == batch_id);
    act_after(batch_id, std::move(decided.effects));
}

// What touches a process waits for the batch. The rest goes now: a question is answered after what
// was sent before it, and an event is published because its own batch is committed.
void Turn::act_after(store::BatchId batch, std::vector<service::Effect> effects) {
    if (batch > last_ended_) {
        auto acts = std::ranges::stable_partition(effects, std::not_fn(service::waits_for_commit));
        std::ranges::move(acts, std::back_inserter(pending_.at(batch).effects));
        effects.erase(acts.begin(), acts.end());
    }
    carry_out(std::move(effects));
}

void Turn::carry_out(std::vector<service::Effect> effects) {
    for (auto& effect : effects)
        std::visit(Overloaded{
                       [&](service::Ask& asked) { ask(std::move(asked)); },
                       [&](service::Publish& published) { publish(published); },
                       [&](service::TellCheck& told) { tell(told); },
                       [&](service::Refuse& refused) { refuse(refused.ticket, refused.error); },
                       [&](auto&) { actions_.carry_out(std::move(effect)); },
                   },
                   effect);
}

void Turn::ask(service::Ask asked) {
    if (is_hung_) return refuse_question(asked, hangs(hang_after_));
    auto kept = kept_for(asked.purpose);
    if (!owed_.add_bytes(asked.ticket.connection, kept)) {
        owed_.take_bytes(asked.ticket.connection, kept);
        return refuse_question(asked, too_many_unanswered());
    }
    auto number = ++last_question_;
    store_.ask(std::move(asked.query), [this, number](Result<store::Answer> answer) {
        answered(number, std::move(answer));
    });
    questions_.emplace(number, std::move(asked));
}

// One that was given up meanwhile is not there any more.
void Turn::answered(std::uint64_t question, Result<store::Answer> answer) {
    auto found = questions_.extract(question);
    if (found.empty()) return;
    auto& asked = found.mapped();
    owed_.take_bytes(asked.ticket.connection, kept_for(asked.purpose));
    auto context = context_for(asked.ticket, asked.caller);
    context.asked_at = asked.asked_at;
    std::string frame;
    auto outcome = handlers::complete(context, std::move(asked.purpose), std::move(answer), frame);
    finish(asked, outcome, std::move(frame));
}

void Turn::refuse_question(const service::Ask& asked, const Error& error) {
    if (!service::has_asker(asked.purpose)) return;
    service_.waits.forget(asked.ticket);
    refuse(asked.ticket, error);
}

void Turn::publish(const service::Publish& published) {
    auto event = handlers::encoded(published.event);
    for (const auto& ticket : published.to) {
        std::string frame;
        handlers::put_event_frame(frame, ticket.msgid, event);
        if (!clients_->send(ticket.connection, frame)) service_.events.congested(ticket.connection);
    }
}

void Turn::tell(const service::TellCheck& told) {
    std::string frame;
    handlers::put_check_frame(frame, told.ticket.msgid, told.reply);
    clients_->send(told.ticket.connection, frame);
    if (!told.reply.done) return;
    frame.clear();
    handlers::put_end_frame(frame, told.ticket.msgid);
    send(told.ticket, frame);
}

void Turn::refuse(const service::Ticket& ticket, const Error& error) {
    std::string frame;
    handlers::put_error_frame(frame, ticket.msgid, error);
    ++figures_.errors;
    send(ticket, frame);
}

void Turn::batch_ended(const store::BatchEnded& ended) {
    last_ended_ = std::max(last_ended_, ended.id);
    if (!ended.saved) return store_failed(ended.saved.error());
    // The rules have been told that the store is down, and will begin anew: what is in this batch
    // has happened, but nobody waits for it any more.
    if (!service_.is_store_up()) return;
    service_.committed(ended.id);
    for (auto& waiting : take_held(pending_.take(ended.id))) release(std::move(waiting));
}

void Turn::release(Pending::Waiting waiting) {
    auto now = loop_.now().time;
    for (const auto& reply : waiting.replies) {
        figures_.latency.add(now - reply.asked_at);
        send(reply.ticket, reply.frame);
    }
    carry_out(std::move(waiting.effects));
}

// Whatever waits for a batch, sent or not, is refused; what would have touched a process is
// dropped.
void Turn::store_failed(const Error& error) {
    if (!service_.is_store_up()) return;
    service_.store_is_down(error);
    actions_.on_store_down(error.message);
    for (const auto& waiting : take_held(pending_.take_all()))
        for (const auto& reply : waiting.replies) refuse(reply.ticket, error);
}

// A disk that hangs is given up: whoever waits for it is told, and what became of a commit is found
// out when the store is opened again.
std::optional<Time> Turn::check_hang() {
    if (last_sent_ == last_ended_ && questions_.empty()) return std::nullopt;
    if (is_hung_) return std::nullopt;
    auto since = store_.statistics().busy_since;
    auto now = loop_.now().time;
    if (!since) return now + hang_after_;
    auto given_up_at = *since + hang_after_;
    if (given_up_at > now) return given_up_at;
    give_up_on_disk();
    return std::nullopt;
}

void Turn::give_up_on_disk() {
    is_hung_ = true;
    auto error = hangs(hang_after_);
    store_failed(error);
    for (const auto& [number, asked] : std::exchange(questions_, {})) {
        owed_.take_bytes(asked.ticket.connection, kept_for(asked.purpose));
        refuse_question(asked, error);
    }
}

}  // namespace ccd::daemon
