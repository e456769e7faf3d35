// One event loop over many connections, so lean that the server is what is measured.
//
// Every connection sends a batch of `depth` requests in one write, waits until all of them are
// answered, and sends the next. The same code drives every server; what differs is the bytes of a
// request and the counter of answers. Nothing is allocated per request once the buffers have
// grown.
//
// Thread: one; it blocks in `run`. A LeanClient that has failed is of no more use.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "tests/harness/answers.h"
#include "tests/harness/statistics.h"

namespace ccd::harness {

struct Load {
    std::string socket;
    AnswerCounter count;
    std::size_t connections = 1;
    std::size_t depth = 1;
    std::string batch;                       // `depth` requests, the same each time; or else
    std::function<void(std::string&)> next;  // appends one request
};

// Ends a run: no new batch after that, but for a first one; what is under way is still answered.
struct Until {
    Nanos elapsed = Nanos::max();
    std::uint64_t batches = std::numeric_limits<std::uint64_t>::max();  // of each connection
};

// What was answered. With Until::elapsed, only what was answered in that time; where that is
// nothing, the first answer, and the time until it came.
struct Outcome {
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;  // of them
    Nanos elapsed{0};
    Histogram latency;

    double rate() const { return static_cast<double>(answered) / seconds_of(elapsed); }
};

class LeanClient {
public:
    // Opens all connections.
    static Result<LeanClient> open(Load load);

    // Refuses with `timeout` when nothing is answered for `patience`, with `unreachable` when the
    // server hangs up.
    Result<Outcome> run(Until until);

    static constexpr Millis patience{30'000};

private:
    struct Connection {
        UniqueFd fd;
        std::string out;       // the batch being sent; unused where the batch is always the same
        std::size_t sent = 0;  // of it
        std::string rest;      // the beginning of an answer whose end has not come
        std::uint64_t awaited = 0;
        std::uint64_t batches = 0;
        Nanos began{0};
    };
    struct Run;

    LeanClient(Load load, UniqueFd epoll, std::vector<Connection> connections);

    Result<void> serve(Run& run, Connection& connection, std::uint32_t events);
    Result<void> send_batch(Run& run, Connection& connection, Nanos now);
    Result<void> send_rest(Connection& connection);
    Result<void> receive(Run& run, Connection& connection);
    void watch(Connection& connection, std::uint32_t events);
    const std::string& batch_of(const Connection& connection) const;

    Load load_;
    UniqueFd epoll_;
    std::vector<Connection> connections_;  // epoll's data points into it: never resized
    std::vector<char> buffer_;
};

}  // namespace ccd::harness
