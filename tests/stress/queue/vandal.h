// A process that writes nonsense into a queue's memory, as any that has the right to use it can.
//
// Owner: the process that does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "ccd/queue.h"
#include "lib/client/client.h"

namespace ccd::stress {

class Vandal {
public:
    // Attaches, maps all of both memories, and makes whoever would wait for room in the sockets
    // that wake pollers wait for ever.
    static Result<Vandal> break_in(client::Client& client, const std::string& queue,
                                   std::uint64_t seed);

    Vandal(Vandal&& other) noexcept;
    Vandal& operator=(Vandal&&) = delete;
    ~Vandal();

    // Uses it no more, as far as the daemon knows. What he was given stays mapped.
    Result<void> leave(client::Client& client);

    // Writes over so many words: at random, slightly wrong, or such as the queue could have
    // written. The state of the queue, open or closed, seldom: who finds it closed looks no
    // further.
    void rage(std::size_t words);

private:
    Vandal(const queue::DetachRequest& use, std::uint64_t seed) : use_(use), chance_(seed) {}

    std::uint64_t instead_of(std::uint64_t word);

    queue::DetachRequest use_;
    std::mt19937_64 chance_;
    std::span<std::uint64_t> control_;
    std::span<std::uint64_t> payload_;
};

}  // namespace ccd::stress
