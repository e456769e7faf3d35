// A turn of the loop: requests in, one batch to the store, replies out after its commit.
//
// Requests and reports change memory as they come. At the end of the turn the rules decide what
// follows, and all of it goes to the store as one batch. A reply that depends on a batch, and
// every effect of a turn with a batch, waits for the commit; the rest leaves now.
//
// A batch that fails for good makes the store `down`: what waited is refused or dropped, durable
// requests are refused at once, and the store is opened again until it works; then the rules
// begin anew from what is committed.
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/handlers/dispatch.h"
#include "daemon/loop/loop.h"
#include "daemon/net/clients.h"
#include "daemon/pending.h"
#include "daemon/service/service.h"
#include "daemon/store/store.h"

namespace ccd::daemon {

class Turn {
public:
    struct Actions {
        std::function<void(service::Effect)> carry_out;  // all but Ask, Publish and Refuse
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

    // What became of a batch, in the order they were sent.
    void batch_ended(const store::BatchEnded& ended);

    // Before the loop sleeps.
    void end();

    // A reply that was made outside of a request.
    void send(const service::Ticket& ticket, const std::string& frame);

    // Nobody waits for the store.
    bool is_idle() const { return pending_.empty() && asked_ == 0; }
    const Figures& figures() const { return figures_; }

private:
    handlers::Context context_for(const service::Ticket& ticket, const service::Caller& caller);
    void finish(const service::Ticket& ticket, const handlers::Outcome& outcome, std::string frame);
    void submit_batch();
    void carry_out(std::vector<service::Effect> effects);
    void ask(service::Ask asked);
    void publish(const service::Publish& published);
    void refuse(const service::Ticket& ticket, const Error& error);
    void release(Pending::Waiting waiting);
    void refuse_all(Pending::Waiting waiting, const Error& error);
    void store_failed(const Error& error, store::BatchId up_to);
    std::optional<Time> check_hang();

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
    std::size_t asked_ = 0;               // questions whose answers somebody waits for
    store::BatchId last_sent_ = 0;
    store::BatchId last_ended_ = 0;
};

}  // namespace ccd::daemon
