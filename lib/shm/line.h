// The line of messages: tickets in order, published by one swap and taken by one swap.
//
//   publish:  the chunk says `queued with ticket t` while only its owner knows of it; then the slot
//             of t is swapped from the lap before to {t, chunk}. With that the message is in line.
//   take:     the chunk is swapped from `queued with t` to `reading`. With that it is out of it.
//
// Head and tail only say where to look. Who finds that a ticket is published, or taken, moves them
// on for whoever was to do it, so nobody waits for one who stands still or is dead. For the same
// reason the head may be moved late, and by several tickets at once: what is taken stays so.
//
// A slot may be written over on its next lap: there is a slot for each chunk, so by then the
// message of the lap before is taken.
//
// Memory order. The swap of a slot releases the payload, the length and the chunk's state to who
// acquires the slot. It is sequentially consistent, as the swap that takes a message and the loads
// of slots and states are, for Parking: what a look before a sleep decides by is one of these.
//
// Owner: one user of a queue; one thread at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "lib/shm/geometry.h"
#include "lib/shm/memory.h"
#include "lib/shm/words.h"

namespace ccd::shm {

enum class Status : std::uint8_t {
    done,
    would_block,  // nothing is in line, or there is no room
    closed,
    too_long,  // for the queue's message size
    broken,    // somebody wrote what no client of ours writes
};

struct Taken {
    ChunkId chunk = 0;
    Ticket ticket = 0;
    std::uint32_t length = 0;
    std::uint32_t deliveries = 0;
};

template <class Machine>
class Line {
public:
    // Far more than who is alive ever needs, whatever the others do.
    static constexpr std::uint32_t patience = 1'000'000;

    Line(const Geometry& geometry, Memory<Machine> memory) : geometry_(geometry), memory_(memory) {}

    // REQUIRES: the chunk is `writing`, by `as`.
    Status publish(ChunkId chunk, ClientId as, std::uint32_t most_tries = patience) {
        for (std::uint32_t tries = 0; tries < most_tries; ++tries, ++tries_) {
            Machine::step();
            const Ticket ticket = tail().load(std::memory_order_acquire);
            auto& slot = slot_of(ticket);
            Machine::step();
            std::uint64_t seen = slot.load(std::memory_order_acquire);
            const std::int64_t ahead = laps_ahead(Slot::from(seen), ticket, bits());
            if (ahead == 0) move_on(tail(), ticket);
            if (ahead != -1) continue;

            set_state(chunk, {.kind = Kind::queued, .client = as, .ticket = ticket});
            const Slot published{.cycle = cycle_of(ticket, bits()), .chunk = chunk};
            Machine::step();
            if (!slot.compare_exchange_strong(seen, published.word(), std::memory_order_seq_cst,
                                              std::memory_order_relaxed))
                continue;
            move_on(tail(), ticket);
            return Status::done;
        }
        set_state(chunk, {.kind = Kind::writing, .client = as});
        return Status::broken;
    }

    // Those of `publish` that were in vain.
    std::uint64_t tries() const { return tries_; }

    // The chunk becomes `reading`, by `as`.
    Status take(ClientId as, Taken& taken) {
        for (std::uint32_t tries = 0; tries < patience; ++tries) {
            const auto [slot, ahead] = front();
            if (ahead == -1) {
                tell_head();
                return Status::would_block;
            }
            if (ahead < -1) continue;
            const Ticket ticket = next_;
            if (ahead == 0) {
                if (slot.chunk >= geometry_.chunk_count()) return Status::broken;
                if (swap_out(slot.chunk, ticket,
                             {.kind = Kind::reading, .client = as, .ticket = ticket})) {
                    pass(company_ > 0 ? 1 : most_untold());
                    if (company_ > 0) --company_;
                    return look_at(slot.chunk, ticket, taken);
                }
            }
            company_ = company_lasts;
            pass(1);
        }
        return Status::broken;
    }

    // Whether fewer than so many messages are in line, as far as the others have told. True: it is
    // so, but for messages that others put at this moment.
    bool seems_shorter(std::uint64_t length) {
        Machine::step();
        const Ticket to = tail().load(std::memory_order_acquire);
        if (length_to(to) < length) return true;
        look_at_head();
        return length_to(to) < length;
    }

    // As above, and false is true as well.
    bool is_shorter(std::uint64_t length) { return seems_shorter(length) || depth() < length; }

    std::uint64_t depth() {
        pass_taken();
        pass_published();
        Machine::step();
        return length_to(tail().load(std::memory_order_seq_cst));
    }

    bool is_empty() {
        pass_taken();
        return front().ahead == -1;
    }

    // Moves the head past what is taken, for those who have not yet or died before they did.
    void pass_taken(std::uint32_t most_tries = patience) {
        for (std::uint32_t tries = 0; tries < most_tries; ++tries) {
            const auto [slot, ahead] = front();
            if (ahead < 0 || slot.chunk >= geometry_.chunk_count()) break;
            if (ahead == 0 && is_queued(state_of(slot.chunk), next_)) break;
            ++next_;
        }
        tell_head();
    }

    // Moves the tail past what is published, likewise.
    void pass_published(std::uint32_t most_tries = patience) {
        for (std::uint32_t tries = 0; tries < most_tries; ++tries) {
            Machine::step();
            const Ticket ticket = tail().load(std::memory_order_seq_cst);
            if (laps_ahead(slot_at(ticket), ticket, bits()) != 0) return;
            move_on(tail(), ticket);
        }
    }

    bool is_published(ChunkId chunk, Ticket ticket) {
        return slot_at(ticket) == Slot{.cycle = cycle_of(ticket, bits()), .chunk = chunk};
    }

private:
    using Word = typename Machine::template Atomic<std::uint64_t>;

    Word& tail() { return memory_.header->tail; }
    Word& head() { return memory_.header->head; }
    Word& slot_of(Ticket ticket) { return memory_.slots[geometry_.slot_index(ticket)]; }
    unsigned bits() const { return geometry_.slot_bits(); }

    Slot slot_at(Ticket ticket) {
        Machine::step();
        return Slot::from(slot_of(ticket).load(std::memory_order_seq_cst));
    }

    // What is at `next_`, and how many laps its slot is ahead of it.
    struct Front {
        Slot slot;
        std::int64_t ahead = 0;
    };
    Front front() {
        look_at_head();
        const Slot slot = slot_at(next_);
        return {.slot = slot, .ahead = laps_ahead(slot, next_, bits())};
    }

    void look_at_head() {
        Machine::step();
        const Ticket told = head().load(std::memory_order_acquire);
        if (is_before(next_, told)) next_ = told;
    }

    static bool is_before(Ticket a, Ticket b) { return static_cast<std::int64_t>(b - a) > 0; }

    std::uint64_t length_to(Ticket to) const { return is_before(next_, to) ? to - next_ : 0; }

    // `next_` is taken. The others are told once so many are that they have not been told of.
    void pass(std::uint32_t untold) {
        ++next_;
        if (++untold_ >= untold) tell_head();
    }

    void tell_head() {
        untold_ = 0;
        Machine::step();
        Ticket seen = head().load(std::memory_order_relaxed);
        if (!is_before(seen, next_)) return;
        Machine::step();
        head().compare_exchange_strong(seen, next_, std::memory_order_seq_cst,
                                       std::memory_order_relaxed);
    }

    // Who takes alone spares the others most changes of a word that all read. They find what he
    // has passed by themselves, one by one; so not too many, nor of a short queue.
    std::uint32_t most_untold() const {
        return std::clamp(geometry_.shape().capacity / 8, 1U, 16U);
    }

    static bool is_queued(ChunkState state, Ticket ticket) {
        constexpr Ticket mask = (Ticket{1} << ticket_bits) - 1;
        return state.kind == Kind::queued && state.ticket == (ticket & mask);
    }

    ChunkState state_of(ChunkId chunk) {
        Machine::step();
        return ChunkState::from(memory_.chunks[chunk].state.load(std::memory_order_seq_cst));
    }

    // Only the owner stores; nobody else looks at a chunk that is not in line but the repairer,
    // once its owner is dead.
    void set_state(ChunkId chunk, ChunkState state) {
        Machine::step();
        memory_.chunks[chunk].state.store(state.word(), std::memory_order_relaxed);
    }

    void move_on(Word& hint, Ticket from) {
        Machine::step();
        hint.compare_exchange_strong(from, from + 1, std::memory_order_seq_cst,
                                     std::memory_order_relaxed);
    }

    bool swap_out(ChunkId chunk, Ticket ticket, ChunkState to) {
        const ChunkState seen = state_of(chunk);
        if (!is_queued(seen, ticket)) return false;
        std::uint64_t expected = seen.word();
        Machine::step();
        return memory_.chunks[chunk].state.compare_exchange_strong(
            expected, to.word(), std::memory_order_seq_cst, std::memory_order_relaxed);
    }

    // Each is read once: who wrote it may write it again.
    Status look_at(ChunkId chunk, Ticket ticket, Taken& taken) {
        Machine::step();
        const auto length = memory_.chunks[chunk].length.load(std::memory_order_relaxed);
        const auto deliveries = memory_.chunks[chunk].deliveries.load(std::memory_order_relaxed);
        if (length > geometry_.shape().message_size) return Status::broken;
        taken = {.chunk = chunk, .ticket = ticket, .length = length, .deliveries = deliveries};
        return Status::done;
    }

    static constexpr std::uint32_t company_lasts = 64;

    const Geometry& geometry_;
    const Memory<Machine> memory_;
    Ticket next_ = 0;           // all before it are taken
    std::uint32_t untold_ = 0;  // of these, since the head was moved by this user
    std::uint64_t tries_ = 0;
    std::uint32_t company_ = 0;  // takes until the others that take are forgotten
};

}  // namespace ccd::shm
