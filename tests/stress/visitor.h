// A client that comes again: when it is told to, and when the daemon has gone and is back.
//
// Thread: one at a time.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "lib/client/client.h"
#include "tests/stress/report.h"

namespace ccd::stress {

inline constexpr Millis patience{60'000};  // with any one answer
inline constexpr unsigned attempts = 6;    // for a request that may be tried again

// After that many attempts: as long as the daemon says, else longer each time, so that all attempts
// together outlast a restart.
Millis pause_after(unsigned attempt, const Error& error);

class Visitor {
public:
    static Result<Visitor> open(const std::string& socket);

    // Sends a request until it is not refused, or refused for good; each time counts as a retry.
    // Only for requests that may be repeated: reads, and submits with a key.
    template <client::Once Command>
    Result<typename Command::Reply> ask(const typename Command::Request& request) {
        ++tally_.operations;
        for (unsigned attempt = 1;; ++attempt) {
            auto began = std::chrono::steady_clock::now();
            auto reply = client_.call<Command>(request);
            tally_.latency.record(std::chrono::steady_clock::now() - began);
            if (reply || !comes_again(attempt, reply.error())) return reply;
        }
    }

    // Those that came with the last answer.
    std::vector<UniqueFd> take_descriptors() { return client_.take_descriptors(); }

    // Of all that was asked.
    const Tally& tally() const { return tally_; }

private:
    Visitor(std::string socket, client::Client client)
        : socket_(std::move(socket)), client_(std::move(client)) {}

    // Counts the error. True once it is time to try again, with a new connection if need be.
    bool comes_again(unsigned attempt, const Error& error);

    std::string socket_;
    client::Client client_;
    Tally tally_;
};

}  // namespace ccd::stress
