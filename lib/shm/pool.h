// Chunks that nobody has.
//
// What decides is the chunk's own state, swapped from `free` to `writing`. The bits say where to
// look, and may be wrong in both directions; a bit that is missing costs a look at all states,
// which is made only before somebody sleeps.
//
// Each user of a queue claims and gives back bits of one word at a time, up to `most_ready`, so
// that an atomic operation on words that all share is paid once for many messages. Chunks are
// handed out upwards, for the processor reads ahead, and round and round: one that was given back a
// moment ago is still in the cache of its reader, from where it comes more slowly than from the one
// that all cores share. A round is as long as fits into that.
//
// Memory order. Giving a chunk back releases what its reader has read to who claims it next. It is
// sequentially consistent, as are the looks at states and bits before a sleep, for Parking.
//
// Owner: one user of a queue; one thread at a time.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "lib/shm/geometry.h"
#include "lib/shm/memory.h"
#include "lib/shm/words.h"

namespace ccd::shm {

template <class Machine>
class Pool {
public:
    Pool(const Geometry& geometry, Memory<Machine> memory, ClientId me)
        : geometry_(geometry), memory_(memory), me_(me) {}

    // A chunk that is `writing` by this user; none: there is no bit left, or somebody sets them
    // where there is no free chunk faster than they can be looked at.
    std::optional<ChunkId> claim() {
        bool is_anew = next_ == 0;
        for (ChunkId looks = 0; looks < 2 * geometry_.chunk_count(); ++looks) {
            while (ready_.bits != 0) {
                const ChunkId chunk = ready_.take_lowest();
                if (try_claim(chunk)) return chunk;
            }
            if (find_ready()) continue;
            next_ = 0;
            if (std::exchange(is_anew, true)) return std::nullopt;
        }
        return std::nullopt;
    }

    // As `claim`, by the states of all chunks.
    std::optional<ChunkId> search() {
        for (ChunkId chunk = 0; chunk < geometry_.chunk_count(); ++chunk)
            if (try_claim(chunk)) return chunk;
        return std::nullopt;
    }

    // What this user was reading is `writing` by him. REQUIRES: he was.
    void reuse(ChunkId chunk) {
        Machine::step();
        memory_.chunks[chunk].state.store(reservation().word(), std::memory_order_relaxed);
    }

    // REQUIRES: this user has it.
    void give_back(ChunkId chunk) {
        Machine::step();
        memory_.chunks[chunk].state.exchange(ChunkState{}.word(), std::memory_order_seq_cst);
        const std::size_t word = chunk / 64;
        if (freed_.bits != 0 && freed_.word != word) flush_freed();
        freed_.word = word;
        freed_.bits |= std::uint64_t{1} << chunk % 64;
        if (std::popcount(freed_.bits) >= static_cast<int>(geometry_.most_ready())) flush_freed();
    }

    // Before this user sleeps or leaves: what he kept is there for all.
    void flush() {
        flush_freed();
        if (ready_.bits != 0) put_bits(ready_);
        ready_.bits = 0;
    }

    // Those who are at work read the word: it is written where that says something new.
    void set_bit(ChunkId chunk) {
        const Bits bit{.word = chunk / 64, .bits = std::uint64_t{1} << chunk % 64};
        Machine::step();
        if ((memory_.bits[bit.word].load(std::memory_order_seq_cst) & bit.bits) == 0) put_bits(bit);
    }

private:
    // Far more than who is alive ever needs for one word.
    static constexpr int patience = 10'000;

    struct Bits {
        std::size_t word = 0;
        std::uint64_t bits = 0;

        ChunkId take_lowest() {
            const int lowest = std::countr_zero(bits);
            bits &= bits - 1;
            return static_cast<ChunkId>(word * 64 + static_cast<std::size_t>(lowest));
        }
        // One beyond the highest.
        ChunkId end() const {
            const auto unused = static_cast<std::size_t>(std::countl_zero(bits));
            return static_cast<ChunkId>(word * 64 + 64 - unused);
        }
    };

    bool try_claim(ChunkId chunk) {
        auto& state = memory_.chunks[chunk].state;
        Machine::step();
        std::uint64_t seen = state.load(std::memory_order_seq_cst);
        if (ChunkState::from(seen).kind != Kind::free) return false;
        Machine::step();
        return state.compare_exchange_strong(seen, reservation().word(), std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }

    // Each is another.
    ChunkState reservation() {
        return {.kind = Kind::writing, .client = me_, .ticket = ++reservations_};
    }

    // From `next_` on. Where a round ends the next begins, if what is beyond was not asked for.
    bool find_ready() {
        for (std::size_t word = next_ / 64; word < geometry_.bit_words(); ++word) {
            if (!make_ready(word, valid_bits(word))) continue;
            const ChunkId end = ready_.end();
            next_ = next_ < geometry_.round() && end >= geometry_.round() ? 0 : end;
            return true;
        }
        return false;
    }

    // The lowest of these bits of a word, if it has any. Who loses them to another takes the next.
    bool make_ready(std::size_t word, std::uint64_t among) {
        auto& shared = memory_.bits[word];
        ready_.word = word;
        for (int tries = 0; tries < patience; ++tries) {
            Machine::step();
            const std::uint64_t wanted = lowest(shared.load(std::memory_order_seq_cst) & among);
            if (wanted == 0) return false;
            Machine::step();
            ready_.bits = shared.fetch_and(~wanted, std::memory_order_acquire) & wanted;
            if (ready_.bits != 0) return true;
        }
        return false;
    }

    std::uint64_t lowest(std::uint64_t bits) const {
        while (std::popcount(bits) > static_cast<int>(geometry_.most_ready()))
            bits &= ~(std::uint64_t{1} << (63 - std::countl_zero(bits)));
        return bits;
    }

    // From `next_` on and, whatever stands in shared memory, none beyond the last chunk.
    std::uint64_t valid_bits(std::size_t word) const {
        const std::size_t left = geometry_.chunk_count() - word * 64;
        const std::uint64_t valid = left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        return word == next_ / 64 ? valid >> next_ % 64 << next_ % 64 : valid;
    }

    void flush_freed() {
        if (freed_.bits != 0) put_bits(freed_);
        freed_.bits = 0;
    }

    void put_bits(const Bits& bits) {
        Machine::step();
        memory_.bits[bits.word].fetch_or(bits.bits, std::memory_order_seq_cst);
    }

    const Geometry& geometry_;
    const Memory<Machine> memory_;
    const ClientId me_;
    Bits ready_;        // claimed bits; their chunks are still free
    Bits freed_;        // chunks that are free, without their bits
    ChunkId next_ = 0;  // the first to look at
    Ticket reservations_ = 0;
};

}  // namespace ccd::shm
