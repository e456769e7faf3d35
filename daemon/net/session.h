// One connection: bytes to frames, replies to bytes.
//
// Reads as much as there is in one call and hands on every whole frame; what is to be sent is kept
// and leaves in one call at the end of the turn. A peer that does not read stops being read once
// enough waits for it, so its own requests are what waits. Nothing here ever waits for a peer.
//
// Owner: Clients. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "ccd/time.h"
#include "ccd/unique_fd.h"
#include "daemon/loop/loop.h"
#include "daemon/net/socket.h"
#include "lib/wire/frame.h"

namespace ccd::net {

class Clients;

class Session {
public:
    // Unsent bytes, and descriptors, above which no more requests are taken.
    static constexpr std::size_t unsent_limit = 4 << 20;
    static constexpr std::size_t attached_limit = 64;  // messages
    // A frame that has begun must end, and a peer for whom much waits must read, within these.
    static constexpr Millis frame_timeout{30'000};
    static constexpr Millis reading_timeout{60'000};

    Session(Clients& clients, loop::Loop& loop, std::uint64_t id, UniqueFd socket, Peer peer);

    std::uint64_t id() const { return id_; }
    const Peer& peer() const { return peer_; }
    std::size_t unsent() const { return out_.size() - sent_; }
    // The peer has to read before more is taken from it.
    bool is_full() const;

    // What is to be sent; frames are appended. Tell Clients::touch.
    std::string& out() { return out_; }
    // Travel with the byte that is appended next. REQUIRES: one to descriptor_limit.
    void attach(std::vector<UniqueFd> descriptors) {
        attached_.push_back({out_.size(), std::move(descriptors)});
    }

    // Descriptors that came and that no request has taken yet, the latest last.
    std::vector<UniqueFd>& passed() { return passed_; }
    int fd() const { return socket_.get(); }

    // Sends what can be sent. Part of the turn's end.
    void flush(Now now);

    // Keeps a request that cannot be handled yet, and takes no more until `go_on`.
    void put_off(std::string_view body) { put_off_ = body; }
    void go_on();

    // Takes no more requests; what is still to be answered is.
    void stop_taking() { is_taking_ = false; }
    // Takes no more requests, and closes once everything is sent.
    void close_when_sent() {
        stop_taking();
        is_closing_ = true;
    }
    bool is_over() const { return is_broken_ || (is_closing_ && unsent() == 0); }

    // When it must have made progress, if it must.
    std::optional<Time> deadline() const { return deadline_; }

private:
    struct Attached {
        std::size_t at;  // offset in out_
        std::vector<UniqueFd> descriptors;
    };

    void read();
    void take_frames();
    bool is_waiting() const { return !put_off_.empty(); }
    bool send_some();
    void set_deadline(Now now);

    Clients& clients_;
    std::uint64_t id_;
    UniqueFd socket_;
    Peer peer_;
    wire::FrameDecoder decoder_;
    std::string out_;
    std::size_t sent_ = 0;  // of out_
    std::deque<Attached> attached_;
    std::vector<UniqueFd> passed_;
    std::string put_off_;     // the body of a request
    bool is_paused_ = false;  // too much is unsent: not reading
    bool is_taking_ = true;
    bool is_closing_ = false;
    bool is_broken_ = false;
    std::optional<Time> deadline_;
    bool made_progress_ = false;
    loop::Poll poll_;
};

}  // namespace ccd::net
