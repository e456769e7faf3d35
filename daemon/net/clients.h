// All connections: who is there, how many of whom, and what is to be sent to each.
//
// A reply may be ready long after its connection has gone, so everybody outside names a connection
// by its number, and what is said to one that is gone is dropped.
//
// Owner: daemon.cpp. Loop thread only.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/handlers/dispatch.h"
#include "daemon/net/session.h"

namespace ccd::net {

struct ClientLimits {
    std::uint32_t connections = 2048;
    std::uint32_t per_user = 1024;
};

class Clients {
public:
    // Handles one request: appends the frame of its reply to `out`, or nothing.
    using OnRequest =
        std::function<handlers::Outcome(Session& session, std::string_view body, std::string& out)>;
    using OnGone = std::function<void(std::uint64_t id)>;
    // A connection for whom much was unsent has read it.
    using OnDrained = std::function<void(std::uint64_t id)>;

    Clients(loop::Loop& loop, ClientLimits limits, OnRequest on_request, OnGone on_gone,
            OnDrained on_drained);
    ~Clients();

    // Takes a new connection, or refuses it with `over-limit` and closes it.
    void add(UniqueFd socket);

    // Appends a frame for a connection, if it is still there. False: much of what was sent to it
    // before has not been read.
    bool send(std::uint64_t id, std::string_view frame);
    // With descriptors, which travel with the frame. False: the connection is gone, or broken.
    bool send(std::uint64_t id, std::string_view frame, std::vector<UniqueFd> descriptors);
    // The peer's further groups, in order.
    std::vector<std::uint32_t> groups_of(std::uint64_t id) const;
    // Not much is on its way to it that it has not read.
    bool has_room(std::uint64_t id) const;

    // Sends what there is to send, and buries who is gone. When to do so again at the latest.
    std::optional<Time> flush(Now now);

    // Brings the requests again that could not be handled yet.
    void go_on();

    // Takes no more requests from anybody. Those that were taken are answered, so nobody is closed.
    void stop_reading();
    bool has_unsent() const;

    void set_limits(ClientLimits limits) { limits_ = limits; }
    std::size_t size() const { return sessions_.size(); }
    std::uint64_t refused() const { return refused_; }
    std::uint64_t dropped() const { return dropped_; }

    // For Session.
    std::span<char> read_buffer() { return read_buffer_; }
    void handle(Session& session, std::string_view body);
    void refuse(Session& session, const Error& error);
    void touch(Session& session);
    // Bytes that may be unsent to one connection before its requests wait: less where much is
    // unsent to all of them together.
    std::size_t unsent_limit() const;

private:
    struct Client {
        std::unique_ptr<Session> session;
        bool is_touched = false;
        bool is_congested = false;
        std::size_t unsent = 0;        // after the last flush
        std::optional<Time> deadline;  // as it is in deadlines_
    };

    void set_deadline(std::uint64_t id, Client& client, std::optional<Time> deadline);
    void bury(std::uint64_t id);

    loop::Loop& loop_;
    ClientLimits limits_;
    OnRequest on_request_;
    OnGone on_gone_;
    OnDrained on_drained_;
    std::unordered_map<std::uint64_t, Client> sessions_;
    std::unordered_map<std::uint32_t, std::uint32_t> connections_of_;  // by uid
    std::vector<std::uint64_t> touched_;
    std::set<std::pair<Time, std::uint64_t>> deadlines_;  // of those who must make progress
    std::size_t unsent_ = 0;                              // of all, after their last flush
    std::uint64_t last_id_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t dropped_ = 0;
    std::array<char, 64 << 10> read_buffer_;
};

}  // namespace ccd::net
