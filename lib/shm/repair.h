// Gives back what the dead had.
//
// Each step is one swap from what was seen, so it may run beside the living, may be cut off at any
// instruction and may be run again. What a dead client had reserved or was reading is free
// afterwards, or in line again; what it had published stays in line.
//
// A queue whose line somebody has spoilt is broken afterwards, and nothing more is done for it.
//
// REQUIRES: the clients are proven dead: not one of their instructions will run any more.
//
// Owner: the daemon; one at a time for each queue.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>

#include "ccd/queue.h"
#include "lib/shm/line.h"
#include "lib/shm/memory.h"
#include "lib/shm/parking.h"
#include "lib/shm/pool.h"
#include "lib/shm/words.h"

namespace ccd::shm {

using queue::OnConsumerDeath;

using Dead = std::bitset<std::size_t{client_limit} + 1>;

template <class Machine>
class Repair {
public:
    Repair(const Geometry& geometry, Memory<Machine> memory, OnConsumerDeath on_death)
        : geometry_(geometry),
          memory_(memory),
          on_death_(on_death),
          line_(geometry_, memory),
          pool_(geometry_, memory, the_daemon) {}

    // Begins a pass over all chunks, also if one is under way.
    void begin(const Dead& dead) {
        dead_ = dead;
        next_ = 0;
    }

    // Looks at up to `chunks` of them, and takes those from it; one that is hard to put in line
    // counts for several. True: the pass is over and everybody was woken; who was dead has nothing
    // any more, and its number may be given out again.
    bool step(std::uint32_t& chunks) {
        for (; chunks > 0 && next_ < geometry_.chunk_count(); ++next_)
            chunks -= std::min(chunks, mend(next_));
        if (next_ < geometry_.chunk_count()) return false;
        line_.pass_taken(patience);
        line_.pass_published(patience);
        parking::wake_all(memory_.header->readers);
        parking::wake_all(memory_.header->writers);
        return true;
    }

    bool step(std::uint32_t&& chunks) { return step(chunks); }

private:
    // Far more than the living ever need to let the daemon come in between. Who writes nonsense
    // into the line holds up one chunk for so long, once: then nobody may use the queue any more.
    static constexpr std::uint32_t patience = 10'000;

    // What it has cost, in chunks. At most one swap for each kind it passes through.
    std::uint32_t mend(ChunkId chunk) {
        const ChunkState seen = state_of(chunk);
        const bool is_mine = seen.client == the_daemon;
        const std::uint64_t tries = line_.tries();
        switch (seen.kind) {
            case Kind::free:
                pool_.set_bit(chunk);
                break;
            case Kind::writing:
                if (is_mine)
                    put_in_line(chunk);
                else if (dead_[seen.client])
                    free(chunk, seen);
                break;
            case Kind::queued:
                // Published, it is anybody's who takes it. Else it never was and never will be.
                if ((is_mine || dead_[seen.client]) && !line_.is_published(chunk, seen.ticket))
                    end_publishing(chunk, seen);
                break;
            case Kind::reading:
                if (!is_mine && !dead_[seen.client]) break;
                deliveries_of(chunk).fetch_add(1, std::memory_order_relaxed);
                end_delivery(chunk, seen);
                break;
        }
        return 1 + static_cast<std::uint32_t>(line_.tries() - tries);
    }

    // Who was to put it back in line had delivered it before.
    void end_publishing(ChunkId chunk, ChunkState seen) {
        if (seen.client == the_daemon) return redeliver(chunk, seen);
        if (deliveries_of(chunk).load(std::memory_order_relaxed) > 0)
            return end_delivery(chunk, seen);
        free(chunk, seen);
    }

    void end_delivery(ChunkId chunk, ChunkState seen) {
        if (on_death_ == OnConsumerDeath::redeliver) return redeliver(chunk, seen);
        if (free(chunk, seen)) memory_.header->lost.fetch_add(1, std::memory_order_relaxed);
    }

    auto& deliveries_of(ChunkId chunk) { return memory_.chunks[chunk].deliveries; }

    // It is the daemon's before it is stamped anew: what is only `queued` may be taken meanwhile.
    void redeliver(ChunkId chunk, ChunkState seen) {
        if (swap(chunk, seen, {.kind = Kind::writing, .client = the_daemon})) put_in_line(chunk);
    }

    void put_in_line(ChunkId chunk) {
        if (line_.publish(chunk, the_daemon, patience) == Status::done) {
            memory_.header->redelivered.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        Machine::step();
        memory_.header->openness.store(static_cast<std::uint32_t>(Openness::broken),
                                       std::memory_order_seq_cst);
        next_ = geometry_.chunk_count() - 1;  // the last of this pass
    }

    bool free(ChunkId chunk, ChunkState seen) {
        if (!swap(chunk, seen, {})) return false;
        pool_.set_bit(chunk);
        return true;
    }

    bool swap(ChunkId chunk, ChunkState from, ChunkState to) {
        std::uint64_t expected = from.word();
        Machine::step();
        return memory_.chunks[chunk].state.compare_exchange_strong(
            expected, to.word(), std::memory_order_seq_cst, std::memory_order_relaxed);
    }

    ChunkState state_of(ChunkId chunk) {
        Machine::step();
        return ChunkState::from(memory_.chunks[chunk].state.load(std::memory_order_acquire));
    }

    const Geometry geometry_;
    const Memory<Machine> memory_;
    const OnConsumerDeath on_death_;
    Line<Machine> line_;
    Pool<Machine> pool_;
    Dead dead_;
    ChunkId next_ = 0;
};

}  // namespace ccd::shm
