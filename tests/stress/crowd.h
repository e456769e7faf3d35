// Many clients at once: each a thread with a connection of its own.
#pragma once

#include <functional>
#include <string>

#include "lib/client/client.h"
#include "tests/stress/report.h"

namespace ccd::stress {

inline constexpr Millis patience{60'000};  // with any one answer
inline constexpr unsigned attempts = 3;    // for a request that may be tried again

// Sends a request until it is not refused, or refused for good; each time counts as a retry.
// Only for requests that may be repeated: reads, and submits with a key.
template <class Command>
Result<typename Command::Reply> ask(client::Client& client, Tally& tally,
                                    const typename Command::Request& request) {
    ++tally.operations;
    for (unsigned attempt = 1;; ++attempt) {
        auto began = std::chrono::steady_clock::now();
        auto reply = client.call<Command>(request);
        tally.latency.record(std::chrono::steady_clock::now() - began);
        if (reply) return reply;
        if (!info_of(reply.error().code).may_retry || attempt == attempts) {
            ++tally.failed;
            if (tally.first_error.empty()) tally.first_error = reply.error().message;
            return reply;
        }
        ++tally.retries;
    }
}

// Connects `count` clients, lets them all go at the same moment, and waits until all have done
// `act`. `act` runs in the client's own thread. One that cannot connect counts as a failed
// operation and does not act.
Tally crowd(const std::string& socket, std::size_t count,
            const std::function<void(std::size_t number, client::Client&, Tally&)>& act);

}  // namespace ccd::stress
