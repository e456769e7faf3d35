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

// Descriptors for who polls: written once there is a message, or room. -1: nobody does.
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
    // as the queue has room for are in line, or others have all chunks.
    Status reserve(std::uint32_t length, ChunkId& chunk) {
        const Status status = reserve_soon(length, chunk);
        if (status != Status::would_block || !has_room()) return status;
        return reserve_soon(length, chunk);
    }

    // As `reserve`, of a queue that drops its oldest messages when it is full.
    Status reserve_dropping(std::uint32_t length, ChunkId& chunk) {
        const Status status = reserve(length, chunk);
        if (status != Status::would_block) return status;
        Taken oldest;
        const Status taken = line_.take(me_, Kind::writing, oldest);
        if (taken != Status::done) return taken;
        Machine::step();
        memory_.header->dropped.fetch_add(1, std::memory_order_relaxed);
        chunk = oldest.chunk;
        return Status::done;
    }

    Status reserve_until(std::uint32_t length, ChunkId& chunk, Time deadline) {
        return wait(
            memory_.header->writers, writing_, deadline,
            [&] { return reserve_soon(length, chunk); },
            [&] { return reserve_searching(length, chunk); });
    }

    // The message is in line. REQUIRES: `chunk` is from `reserve`; length <= the message size.
    Status publish(ChunkId chunk, std::uint32_t length) {
        Machine::step();
        memory_.chunks[chunk].length.store(length, std::memory_order_relaxed);
        memory_.chunks[chunk].deliveries.store(0, std::memory_order_relaxed);
        const Status status = line_.publish(chunk, me_);
        if (status == Status::done) announce(memory_.header->readers, events_.message);
        return status;
    }

    // Gives back what was reserved, unwritten.
    void abandon(ChunkId chunk) { release(chunk); }

    Status take(Taken& taken) {
        const Status status = line_.take(me_, Kind::reading, taken);
        if (status == Status::done) reading_.found();
        if (status == Status::would_block && openness() != Openness::open)
            return line_.take(me_, Kind::reading, taken) == Status::done ? Status::done : closed();
        return status;
    }

    Status take_until(Taken& taken, Time deadline) {
        const auto try_take = [&] { return take(taken); };
        return wait(memory_.header->readers, reading_, deadline, try_take, try_take);
    }

    // The message is done with, and its memory no longer this user's.
    void acknowledge(const Taken& taken) { release(taken.chunk); }

    // The bytes of a chunk that this user has.
    std::span<std::byte> room(ChunkId chunk) const {
        return {memory_.payload + geometry_.chunk_at(chunk), geometry_.shape().message_size};
    }
    std::span<const std::byte> message(const Taken& taken) const {
        return room(taken.chunk).first(taken.length);
    }

    // From now on the descriptor is written when there is a message, or room: once, and then it is
    // to be armed again. What is there already must be looked for after the arming.
    void arm_message() { parking::arm(memory_.header->readers); }
    void arm_room() {
        pool_.flush();
        parking::arm(memory_.header->writers);
    }

    // What this user keeps ready for himself is there for all. Before a long pause.
    void flush() { pool_.flush(); }

    std::uint64_t depth() { return line_.depth(); }
    const Geometry& geometry() const { return geometry_; }

private:
    static constexpr std::uint32_t spins = 500;  // pauses before the first sleep

    Openness openness() {
        Machine::step();
        return static_cast<Openness>(memory_.header->openness.load(std::memory_order_seq_cst));
    }
    Status closed() { return openness() == Openness::closed ? Status::closed : Status::broken; }

    Status check(std::uint32_t length) {
        if (length > geometry_.shape().message_size) return Status::too_long;
        return openness() == Openness::open ? Status::done : closed();
    }

    bool has_room() { return line_.is_shorter(geometry_.shape().capacity); }

    // As `reserve`, by what the others have told of room.
    Status reserve_soon(std::uint32_t length, ChunkId& chunk) {
        if (const Status status = check(length); status != Status::done) return status;
        if (!line_.seems_shorter(geometry_.shape().capacity)) return Status::would_block;
        const std::optional<ChunkId> claimed = pool_.claim();
        if (!claimed) return Status::would_block;
        writing_.found();
        chunk = *claimed;
        return Status::done;
    }

    Status reserve_searching(std::uint32_t length, ChunkId& chunk) {
        const Status status = reserve(length, chunk);
        if (status != Status::would_block || !has_room()) return status;
        const std::optional<ChunkId> found = pool_.search();
        if (!found) return Status::would_block;
        chunk = *found;
        return Status::done;
    }

    void release(ChunkId chunk) {
        pool_.give_back(chunk);
        announce(memory_.header->writers, events_.room);
    }

    void announce(Parking<Machine>& parking, int event) {
        parking::announce(parking, 1);
        if (parking::take_polled(parking)) Machine::notify(event);
    }

    // `attempt` while it is hoped to succeed soon, `thorough` around each sleep.
    template <class Attempt, class Thorough>
    Status wait(Parking<Machine>& parking, Pace& pace, Time deadline, Attempt attempt,
                Thorough thorough) {
        Status status = attempt();
        if (status == Status::would_block) {
            const std::uint32_t pauses = pace.next();
            for (std::uint32_t spent = 0; spent < spins && status == Status::would_block;) {
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
};

}  // namespace ccd::shm
