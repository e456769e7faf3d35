// Clients of a real loop over socket pairs, with a clock that the test moves.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/unique_fd.h"
#include "daemon/loop/loop.h"
#include "daemon/net/clients.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"

namespace ccd::net {

// A frame around a request; what it asks for is not looked at here.
std::string request_frame(std::uint64_t msgid, std::string_view method = "host.ping");
// A frame around a response, whose result is a text of that many bytes.
std::string reply_frame(std::uint64_t msgid, std::size_t size = 0);

// The other end of a connection. It reads only when it is told to.
class FarEnd {
public:
    explicit FarEnd(UniqueFd socket) : socket_(std::move(socket)) {}

    // All of it, which must fit into the socket.
    void say(std::string_view bytes) const;
    void say_with(std::string_view bytes, std::size_t descriptors) const;
    // As much as fits.
    std::size_t say_some(std::string_view bytes) const;

    // Reads what is there, at most so many bytes at a time.
    void hear(std::size_t at_a_time = 1 << 16);
    // The whole frames heard so far, as messages; the body of each is kept as long as the peer.
    std::vector<wire::ReplyHead> replies() const;
    std::vector<std::uint64_t> answered() const;

    // The daemon's end is closed, and everything it sent was heard.
    bool has_ended() const { return has_ended_; }
    const std::string& heard() const { return heard_; }

    struct Came {
        std::size_t at;  // the first byte of `heard` that the call gave
        std::size_t end;
        UniqueFd descriptor;
    };
    const std::vector<Came>& descriptors() const { return descriptors_; }

    void close() { socket_.reset(); }
    int socket() const { return socket_.get(); }

private:
    UniqueFd socket_;
    std::string heard_;
    std::vector<Came> descriptors_;
    bool has_ended_ = false;
};

// What the daemon's side of the connections is made of, but for the rules.
struct Room {
    explicit Room(ClientLimits limits = {});

    FarEnd join();
    // Everything that is ready is read and handled, and the turn ended, at the time `now`.
    void turn();
    // Turns until nothing changes any more for this peer, which hears meanwhile.
    void settle(FarEnd& peer);

    // What the rules say to a request: by default a short reply.
    std::function<handlers::Outcome(Session&, const wire::RequestHead&, std::string&)> on_request;

    Now now{.time = Time{std::chrono::hours{1}}, .wall = WallTime{}};
    std::vector<std::uint64_t> taken;        // msgids of requests, in order
    std::vector<std::uint64_t> connections;  // that asked them
    std::vector<std::uint64_t> gone;
    std::vector<std::uint64_t> drained;
    std::optional<Time> next;  // of the last flush
    loop::Loop loop;
    Clients clients;
};

}  // namespace ccd::net
