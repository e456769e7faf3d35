// Many who follow all events, each on a connection of its own.
//
// One thread reads for all of them, whoever has something to read. Some hang up now and then and go
// on, on a new connection, after the last event that they have seen.
//
// Owner: a scenario. Thread: one at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "lib/client/client.h"
#include "tests/stress/sequence.h"

namespace ccd::stress {

// Nobody lives to see it.
inline constexpr std::uint64_t beyond_all_events = std::numeric_limits<std::int64_t>::max();

struct Audience {
    std::string socket;
    std::size_t count = 0;
    std::uint64_t since = 0;      // all events after this one
    std::size_t restless = 0;     // every so many-th hangs up; 0: none
    std::uint64_t events_each{};  // that it takes between two hang-ups
};

class Subscribers {
public:
    static Result<Subscribers> open(Audience audience);

    // Reads until each has seen the event `last`, which may become known (not 0) while it reads.
    // Refuses with `timeout` where nothing comes any more.
    Result<void> read_until(const std::atomic<std::uint64_t>& last);

    // What was wrong with what the first of them was told; nothing: each was told the same, in
    // order.
    const std::optional<std::string>& broken() const { return broken_; }
    // All of them together.
    std::uint64_t events() const;
    std::uint64_t gaps() const;
    std::uint64_t resumed() const { return resumed_; }

private:
    struct Subscriber {
        client::Client client;
        std::uint64_t stream;
        Sequence sequence;
        std::uint64_t hangs_up_at;  // after so many events; 0: never
    };

    Subscribers(Audience audience, UniqueFd epoll)
        : audience_(std::move(audience)), epoll_(std::move(epoll)) {}

    Result<void> watch(std::size_t number);
    Result<void> read(std::size_t number);
    Result<void> come_again(std::size_t number);
    bool have_all_seen(std::uint64_t last) const;
    void compare();

    Audience audience_;
    UniqueFd epoll_;
    std::vector<Subscriber> subscribers_;
    std::optional<std::string> broken_;
    std::uint64_t resumed_ = 0;
};

// The number of the newest event: who asks for what is not there yet is told of a gap up to it.
Result<std::uint64_t> newest_event(const std::string& socket);

}  // namespace ccd::stress
