// A queue between processes, as one of its users sees it.
//
// Putting and getting a message makes no system call while there is room, and something to get.
// A process that dies at any instruction of it stops nobody: what it had is found and given back by
// Repair, and until then only that is missing.
//
//   producer:  reserve -> write into room() -> publish          (or abandon)
//   consumer:  take -> read message() -> acknowledge
//
// The rules are in docs/queues.md, and checked in tests/model.
//
// Owner: whoever attached. One thread at a time; every other user of the queue may run at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ccd/time.h"
#include "lib/shm/geometry.h"
#include "lib/shm/line.h"
#include "lib/shm/memory.h"
#include "lib/shm/pace.h"
#include "lib/shm/parking.h"
#include "lib/shm/pool.h"
#include "lib/shm/words.h"

namespace ccd::shm {

// For who polls: the two ends of one pair of sockets. Each becomes readable once there is a
// message, or room, by a byte that is sent on the other. -1: nobody polls.
struct Events {
    int message = -1;
    int room = -1;
};

template <class Machine>
class Queue {
public:
    Queue(const Geometry& geometry, Memory<Machine> memory, ClientId me, Events events = {})
        : geometry_(geometry),
          memory_(memory),
          me_(me),
          events_(events),
          line_(geometry_, memory),
          pool_(geometry_, memory, me) {}
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;
    ~Queue() { pool_.flush(); }

    // A chunk to write into, of which this user may have several. `would_block`: as many messages
    // as the queue has room for are in line or written by this user, or others have all chunks.
    Status reserve(std::uint32_t length, ChunkId& chunk) {
        const Status status = reserve_soon(length, chunk);
        if (status != Status::would_block || !line_.is_shorter(room_in_line())) return status;
        return reserve_any(chunk);
    }

    // As `reserve`, of a queue that drops its oldest messages when it is full. `would_block`: this
    // user writes as many messages as there is room for, or others have all chunks. Who dies before
    // his message is counted as dropped was reading it; after that it is counted once too often,
    // rather than not at all.
    Status reserve_dropping(std::uint32_t length, ChunkId& chunk) {
        const Status status = reserve(length, chunk);
        if (status != Status::would_block || room_in_line() == 0) return status;
        Taken oldest;
        const Status taken = line_.take(me_, oldest);
        if (taken == Status::would_block) return reserve_any(chunk);  // all were taken meanwhile
        if (taken != Status::done) return taken;
        Machine::step();
        memory_.header->dropped.fetch_add(1, std::memory_order_relaxed);
        pool_.reuse(oldest.chunk);
        begin_writing(oldest.chunk, chunk);
        return Status::done;
    }

    Status reserve_until(std::uint32_t length, ChunkId& chunk, Time deadline) {
        return wait(
            memory_.header->writers, writing_, deadline,
            [&] { return reserve_soon(length, chunk); }, [&] { return reserve(length, chunk); });
    }

    // The message is in line. REQUIRES: `chunk` is from `reserve`; length <= the message size.
    Status publish(ChunkId chunk, std::uint32_t length) {
        Machine::step();
        memory_.chunks[chunk].length.store(length, std::memory_order_relaxed);
        memory_.chunks[chunk].deliveries.store(0, std::memory_order_relaxed);
        --writing_now_;
        return put_in_line(chunk);
    }

    // Gives back what was reserved, unwritten.
    void abandon(ChunkId chunk) {
        --writing_now_;
        release(chunk);
    }

    Status take(Taken& taken) {
        const Status status = line_.take(me_, taken);
        if (status == Status::done) {
            reading_.found();
            announce(memory_.header->writers, events_.message);
        }
        if (status == Status::would_block && openness() != Openness::open)
            return line_.take(me_, taken) == Status::done ? Status::done : closed();
        return status;
    }

    Status take_until(Taken& taken, Time deadline) {
        const auto try_take = [&] { return take(taken); };
        return wait(memory_.header->readers, reading_, deadline, try_take, try_take);
    }

    // The message is done with, and its memory no longer this user's.
    void acknowledge(const Taken& taken) { release(taken.chunk); }

    // It is put in line once more, as the newest, for others. By its deliveries a repair tells it
    // from what was never in line, if this user dies before it is.
    Status put_back(const Taken& taken) {
        Machine::step();
        memory_.chunks[taken.chunk].deliveries.fetch_add(1, std::memory_order_relaxed);
        const Status status = put_in_line(taken.chunk);
        if (status == Status::done)
            memory_.header->redelivered.fetch_add(1, std::memory_order_relaxed);
        return status;
    }

    // The bytes of a chunk that this user has.
    std::span<std::byte> room(ChunkId chunk) const {
        return {memory_.payload + geometry_.chunk_at(chunk), geometry_.shape().message_size};
    }
    std::span<const std::byte> message(const Taken& taken) const {
        return room(taken.chunk).first(taken.length);
    }

    // What tells this reservation from earlier ones of the chunk. REQUIRES: it is from `reserve`.
    Ticket reservation(ChunkId chunk) const { return state_if_mine(chunk).ticket; }

    // Whether this user has it so. For whoever is handed the numbers by another.
    bool has(ChunkId chunk, Kind kind) const { return state_if_mine(chunk).kind == kind; }
    bool has(const Taken& taken) const {
        constexpr Ticket mask = (Ticket{1} << ticket_bits) - 1;
        const ChunkState state = state_if_mine(taken.chunk);
        return state.kind == Kind::reading && state.ticket == (taken.ticket & mask);
    }

    // From now on the descriptor becomes readable when there is a message, or room: once, and then
    // it is to be armed again. True: there is something already, or never will be.
    bool arm_message() {
        pool_.flush();
        parking::arm(memory_.header->readers);
        return is_over() || !line_.is_empty();
    }
    bool arm_room() {
        parking::arm(memory_.header->writers);
        ChunkId chunk = 0;
        const Status status = reserve(0, chunk);
        if (status == Status::done) abandon(chunk);
        pool_.flush();
        return status != Status::would_block;
    }

    // What this user keeps ready for himself is there for all. Before a long pause.
    void flush() { pool_.flush(); }

    // Closed or broken: nothing is put any more.
    bool is_over() { return openness() != Openness::open; }

    std::uint64_t depth() { return line_.depth(); }
    const Geometry& geometry() const { return geometry_; }

private:
    Openness openness() {
        Machine::step();
        return static_cast<Openness>(memory_.header->openness.load(std::memory_order_seq_cst));
    }
    Status closed() { return openness() == Openness::closed ? Status::closed : Status::broken; }

    Status check(std::uint32_t length) {
        if (length > geometry_.shape().message_size) return Status::too_long;
        return openness() == Openness::open ? Status::done : closed();
    }

    // Beside what this user writes already.
    std::uint32_t room_in_line() const {
        const std::uint32_t capacity = geometry_.shape().capacity;
        return capacity - std::min(capacity, writing_now_);
    }

    bool begin_writing(std::optional<ChunkId> claimed, ChunkId& chunk) {
        if (!claimed) return false;
        ++writing_now_;
        chunk = *claimed;
        return true;
    }

    // REQUIRES: there is room in line.
    Status reserve_any(ChunkId& chunk) {
        return begin_writing(pool_.claim(), chunk) || begin_writing(pool_.search(), chunk)
                   ? Status::done
                   : Status::would_block;
    }

    // As `reserve`, by what the others have told of room.
    Status reserve_soon(std::uint32_t length, ChunkId& chunk) {
        if (const Status status = check(length); status != Status::done) return status;
        if (!line_.seems_shorter(room_in_line())) return Status::would_block;
        if (!begin_writing(pool_.claim(), chunk)) return Status::would_block;
        writing_.found();
        return Status::done;
    }

    Status put_in_line(ChunkId chunk) {
        const Status status = line_.publish(chunk, me_);
        if (status == Status::done) announce(memory_.header->readers, events_.room);
        return status;
    }

    // Free where it is another's.
    ChunkState state_if_mine(ChunkId chunk) const {
        if (chunk >= geometry_.chunk_count()) return {};
        const auto& word = memory_.chunks[chunk].state;
        const ChunkState state = ChunkState::from(word.load(std::memory_order_relaxed));
        return state.client == me_ ? state : ChunkState{};
    }

    void release(ChunkId chunk) {
        pool_.give_back(chunk);
        announce(memory_.header->writers, events_.message);
    }

    void announce(Parking<Machine>& parking, int other_end) {
        parking::announce(parking, 1);
        if (parking::take_polled(parking)) Machine::notify(other_end);
    }

    // `attempt` while it is hoped to succeed soon, `thorough` around each sleep.
    template <class Attempt, class Thorough>
    Status wait(Parking<Machine>& parking, Pace& pace, Time deadline, Attempt attempt,
                Thorough thorough) {
        Status status = attempt();
        if (status == Status::would_block) {
            const std::uint32_t pauses = pace.next();
            for (std::uint32_t spent = 0;
                 spent < Machine::spins && status == Status::would_block;) {
                spent += 1 + pauses;
                for (std::uint32_t i = 0; i <= pauses; ++i) Machine::pause();
                status = attempt();
            }
        }
        if (status == Status::would_block) pool_.flush();
        while (status == Status::would_block) {
            const bool is_over = parking::sleep(parking, deadline, [&] {
                status = thorough();
                return status != Status::would_block;
            });
            if (!is_over && Machine::now() >= deadline) break;
        }
        return status;
    }

    const Geometry geometry_;
    const Memory<Machine> memory_;
    const ClientId me_;
    const Events events_;
    Line<Machine> line_;
    Pool<Machine> pool_;
    Pace reading_;
    Pace writing_;
    std::uint32_t writing_now_ = 0;  // chunks reserved, and not in line yet
};

}  // namespace ccd::shm
