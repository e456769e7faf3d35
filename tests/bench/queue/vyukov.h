// Dmitry Vyukov's bounded queue of many producers and many consumers, in shared memory, with the
// messages in its cells: as fast as a ring gets that survives no death.
//
// A cell says by its sequence whose turn it is. It is ticket t: free for the message of t; t + 1:
// that message is in it. Who reads it makes it t + capacity, the ticket of the next lap. A producer
// that dies after it has claimed a cell stops all consumers there, and a consumer all producers.
//
// Memory order. The sequence releases the message to who acquires it, and the cell, once read, to
// who writes it next. Tickets order nothing.
//
// Owner: who creates it; the processes that it forks use it at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ccd/result.h"
#include "tests/bench/queue/shared_memory.h"

namespace ccd::bench::queue {

class VyukovRing {
public:
    using Ticket = std::uint64_t;

    // REQUIRES: capacity is a power of 2.
    static Result<VyukovRing> create(std::size_t capacity, std::size_t message_size);

    // Whether there is room: then the ticket's cell is the caller's, to write and to publish.
    bool try_claim(Ticket& ticket) {
        const auto turn_of = [](Ticket wanted) { return wanted; };
        return try_advance(tickets()->next_claim, ticket, turn_of);
    }
    void publish(Ticket ticket) {
        cell(ticket)->sequence.store(ticket + 1, std::memory_order_release);
    }

    // Whether there is a message: then the ticket's cell is the caller's, to read and to release.
    bool try_take(Ticket& ticket) {
        const auto turn_of = [](Ticket wanted) { return wanted + 1; };
        return try_advance(tickets()->next_take, ticket, turn_of);
    }
    void release(Ticket ticket) {
        cell(ticket)->sequence.store(ticket + capacity_, std::memory_order_release);
    }

    std::span<std::byte> message(Ticket ticket) const {
        return {reinterpret_cast<std::byte*>(cell(ticket)) + sizeof(Cell), message_size_};
    }

private:
    static constexpr std::size_t cache_line = 64;

    struct Tickets {
        alignas(cache_line) std::atomic<Ticket> next_claim;
        alignas(cache_line) std::atomic<Ticket> next_take;
    };
    // The message follows.
    struct Cell {
        std::atomic<Ticket> sequence;
    };

    VyukovRing(SharedMemory memory, std::size_t capacity, std::size_t message_size)
        : memory_(std::move(memory)),
          capacity_(capacity),
          message_size_(message_size),
          stride_(stride_of(message_size)) {}

    static constexpr std::size_t stride_of(std::size_t message_size) {
        return (sizeof(Cell) + message_size + cache_line - 1) / cache_line * cache_line;
    }

    Tickets* tickets() const { return memory_.at<Tickets>(0); }
    Cell* cell(Ticket ticket) const {
        return memory_.at<Cell>(sizeof(Tickets) + (ticket & (capacity_ - 1)) * stride_);
    }

    template <class TurnOf>
    bool try_advance(std::atomic<Ticket>& next, Ticket& ticket, TurnOf turn_of) {
        ticket = next.load(std::memory_order_relaxed);
        for (;;) {
            const Ticket sequence = cell(ticket)->sequence.load(std::memory_order_acquire);
            const auto ahead = static_cast<std::int64_t>(sequence - turn_of(ticket));
            if (ahead < 0) return false;
            if (ahead > 0)
                ticket = next.load(std::memory_order_relaxed);
            else if (next.compare_exchange_weak(ticket, ticket + 1, std::memory_order_relaxed))
                return true;
        }
    }

    SharedMemory memory_;
    std::size_t capacity_;
    std::size_t message_size_;
    std::size_t stride_;
};

}  // namespace ccd::bench::queue
