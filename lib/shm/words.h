// The two 64-bit words that carry the queue: who has a chunk, and which chunk a ticket has.
//
// Every message has a ticket, counted up from the first one a queue gives out. A slot says which
// chunk carries the message of a ticket; a chunk says who has it. All that matters happens by one
// compare-and-swap on one of the two, so there is no moment at which half of it has happened.
//
//   chunk:  kind:2 | client:12 | ticket:50        slot:  cycle:40 | chunk:24
//
//   free --reserve--> writing --publish--> queued --take--> reading --acknowledge--> free
//
// The ticket of a chunk that is `writing` is no message's: it tells this reservation from those
// that the same user made before, which count from 1. 0: nobody asks.
//
// A slot's cycle is its ticket without the bits that are its index, and never more than a chunk
// knows of its ticket. Both wrap: a process would have to stand still for exactly as long as that
// takes, months at full speed, to be harmed.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ccd::shm {

using Ticket = std::uint64_t;
using ChunkId = std::uint32_t;

// Who is attached to a queue; 0 is the daemon. Given out anew only after a repair.
using ClientId = std::uint16_t;
inline constexpr ClientId the_daemon = 0;

inline constexpr unsigned client_bits = 12;
inline constexpr unsigned ticket_bits = 50;
inline constexpr unsigned cycle_bits = 40;
inline constexpr unsigned chunk_bits = 24;
inline constexpr ClientId client_limit = (1U << client_bits) - 1;

enum class Kind : std::uint8_t {
    free,     // nobody has it
    writing,  // a producer fills it; nobody else knows
    queued,   // in line, if its slot says so too
    reading,  // a consumer has it
};

struct ChunkState {
    Kind kind = Kind::free;
    ClientId client = 0;
    Ticket ticket = 0;

    constexpr std::uint64_t word() const {
        return std::uint64_t{static_cast<std::uint8_t>(kind)} << (client_bits + ticket_bits) |
               std::uint64_t{client} << ticket_bits | (ticket & ((Ticket{1} << ticket_bits) - 1));
    }
    static constexpr ChunkState from(std::uint64_t word) {
        return {.kind = static_cast<Kind>(word >> (client_bits + ticket_bits)),
                .client = static_cast<ClientId>(word >> ticket_bits & client_limit),
                .ticket = word & ((Ticket{1} << ticket_bits) - 1)};
    }
    bool operator==(const ChunkState&) const = default;
};

struct Slot {
    std::uint64_t cycle = 0;
    ChunkId chunk = 0;

    constexpr std::uint64_t word() const { return cycle << chunk_bits | chunk; }
    static constexpr Slot from(std::uint64_t word) {
        return {.cycle = word >> chunk_bits,
                .chunk = static_cast<ChunkId>(word & ((1U << chunk_bits) - 1))};
    }
    bool operator==(const Slot&) const = default;
};

constexpr unsigned cycle_width(unsigned slot_bits) {
    return std::min(cycle_bits, ticket_bits - slot_bits);
}

constexpr std::uint64_t cycle_of(Ticket ticket, unsigned slot_bits) {
    return ticket >> slot_bits & ((std::uint64_t{1} << cycle_width(slot_bits)) - 1);
}

// How many laps a slot is ahead of `ticket`'s: 0 where it has the ticket's own message, -1 where
// that is yet to be published.
constexpr std::int64_t laps_ahead(Slot slot, Ticket ticket, unsigned slot_bits) {
    const unsigned unused = 64 - cycle_width(slot_bits);
    const std::uint64_t difference = slot.cycle - cycle_of(ticket, slot_bits);
    return static_cast<std::int64_t>(difference << unused) >> unused;
}

}  // namespace ccd::shm
