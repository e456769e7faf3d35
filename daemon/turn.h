// A turn of the loop: requests in, one batch to the store, replies out after its commit.
//
// Requests and reports change memory as they come. At the end of the turn the rules decide what
// follows, and all of it goes to the store as one batch. A reply that depends on a batch, and
// every effect of a turn with a batch, waits for the commit; the rest leaves now.
//
// A batch that fails for good makes the store `down`: replies that waited are refused, durable
// requests are refused at once, reads are answered from memory, and the store is opened again until
// it works; then the rules begin anew from what is committed. A disk that does not answer at all
// counts as one that fails, and questions to the store are refused too until it does.
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/handlers/dispatch.h"
#include "daemon/loop/loop.h"
#include "daemon/net/clients.h"
#include "daemon/owed.h"
#include "daemon/pending.h"
#include "daemon/service/service.h"
#include "daemon/store/store.h"

namespace ccd::daemon {

class Turn {
public:
    struct Actions {
        std::function<void(service::Effect)> carry_out;  // all but Ask, Publish, TellCheck, Refuse
        std::function<void(std::string why)> on_store_down;
    };

    struct Figures {
        std::uint64_t requests = 0;
        std::uint64_t errors = 0;
        service::Histogram latency;
    };

    Turn(loop::Loop& loop, service::Service& service, store::Store& store,
         const handlers::Host& host, Millis hang_after, Actions actions);

    void set_clients(net::Clients& clients) { clients_ = &clients; }

    // One frame of a connection.
    handlers::Outcome request(net::Session& session, std::string_view body, std::string& out);

    // A connection is gone, and nobody waits there any more.
    void forget(std::uint64_t connection);

    // The store has done something that it was asked for: it does not hang.
    void store_has_answered() { is_hung_ = false; }

    // What became of a batch, in the order they were sent.
    void batch_ended(const store::BatchEnded& ended);

    // Before the loop sleeps.
    void end();

    // A reply that was made outside of a request.
    void send(const service::Ticket& ticket, const std::string& frame);
    // The same with what travels with it; refused where too much of that has not been taken yet.
    // False: that was so, or nobody is there any more.
    bool send(const service::Ticket& ticket, const std::string& frame,
              std::vector<UniqueFd> descriptors);

    // Nobody waits for the store.
    bool is_idle() const;
    const Figures& figures() const { return figures_; }

private:
    handlers::Context context_for(const service::Ticket& ticket, const service::Caller& caller);
    void finish(const service::Ask& asked, const handlers::Outcome& outcome, std::string frame);
    void hold(store::BatchId batch, HeldReply reply);
    std::vector<Pending::Waiting> take_held(std::vector<Pending::Waiting> taken);
    bool is_settled(store::BatchId batch) const;
    void submit_batch();
    void act_after(store::BatchId batch, std::vector<service::Effect> effects);
    void carry_out(std::vector<service::Effect> effects);
    void ask(service::Ask asked);
    void answered(std::uint64_t question, Result<store::Answer> answer);
    void publish(const service::Publish& published);
    void tell(const service::TellCheck& told);
    void refuse(const service::Ticket& ticket, const Error& error);
    void release(Pending::Waiting waiting);
    void refuse_question(const service::Ask& asked, const Error& error);
    void store_failed(const Error& error);
    std::optional<Time> check_hang();
    void give_up_on_disk();

    loop::Loop& loop_;
    service::Service& service_;
    store::Store& store_;
    const handlers::Host& host_;
    Millis hang_after_;
    Actions actions_;
    net::Clients* clients_ = nullptr;
    loop::Timer alarm_;
    Pending pending_;
    Figures figures_;
    std::uint64_t answered_at_once_ = 0;  // in this turn
    Owed owed_;
    // That the store has not answered, by number: without their queries.
    std::map<std::uint64_t, service::Ask> questions_;
    std::uint64_t last_question_ = 0;
    bool is_hung_ = false;  // the store has said nothing since it was given up
    store::BatchId last_sent_ = 0;
    store::BatchId last_ended_ = 0;
};

}  // namespace ccd::daemon
