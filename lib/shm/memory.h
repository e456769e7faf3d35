// What lies in a queue's memory, and where this process sees it.
//
// Whoever is attached can write any of it at any time. So nothing here is an index, a length or an
// address until it was compared with the Geometry, which each side computes for itself.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/shm/geometry.h"
#include "lib/shm/machine.h"
#include "lib/shm/parking.h"

namespace ccd::shm {

// Of what lies where, and means what. Memory outlives the daemon that made it and the programs
// that use it: none of another layout is used. It changes with each change of either.
inline constexpr std::uint64_t layout = 0x6363'6471'0000'0001;  // "ccdq", 1

enum class Openness : std::uint32_t {
    open,
    closed,  // what is in line may be taken; nothing is put any more
    broken,  // somebody wrote what no client of ours writes
};

template <class Machine>
struct Header {
    template <class T>
    using Atomic = typename Machine::template Atomic<T>;

    // Hints, which anybody may put right: the first ticket that may be unpublished, and the first
    // that may be untaken.
    alignas(cache_line) Atomic<Ticket> tail{};
    alignas(cache_line) Atomic<Ticket> head{};
    alignas(cache_line) Parking<Machine> readers;
    alignas(cache_line) Parking<Machine> writers;
    alignas(cache_line) Atomic<std::uint32_t> openness{};
    Atomic<std::uint64_t> layout{};  // shm::layout, from the first
    // Messages that nobody will take: overwritten when the queue was full, and of consumers that
    // died; and those that were put in line again.
    alignas(cache_line) Atomic<std::uint64_t> dropped{};
    Atomic<std::uint64_t> lost{};
    Atomic<std::uint64_t> redelivered{};
};
static_assert(sizeof(Header<Hardware>) <= Geometry::header_size);

template <class Machine>
struct Chunk {
    template <class T>
    using Atomic = typename Machine::template Atomic<T>;

    Atomic<std::uint64_t> state{};       // ChunkState
    Atomic<std::uint32_t> length{};      // bytes; written and read by who has it
    Atomic<std::uint32_t> deliveries{};  // before this one, to consumers that died
};
static_assert(sizeof(Chunk<Hardware>) == 16);

template <class Machine>
struct Memory {
    Header<Machine>* header = nullptr;
    typename Machine::template Atomic<std::uint64_t>* slots = nullptr;  // Slot
    Chunk<Machine>* chunks = nullptr;
    // A set bit: the chunk may be free. A hint, which costs nobody anything if it is wrong.
    typename Machine::template Atomic<std::uint64_t>* bits = nullptr;
    std::byte* payload = nullptr;
};

// The first ticket: slots that were never used are one lap behind it.
constexpr Ticket first_ticket(const Geometry& geometry) {
    return geometry.slot_count();
}

// Of memory that is zero: an empty queue.
template <class Machine>
void prepare(const Geometry& geometry, Memory<Machine> memory) {
    memory.header->layout.store(layout, std::memory_order_relaxed);
    memory.header->tail.store(first_ticket(geometry), std::memory_order_relaxed);
    memory.header->head.store(first_ticket(geometry), std::memory_order_relaxed);
    for (ChunkId chunk = 0; chunk < geometry.chunk_count(); chunk += 64) {
        const ChunkId count = std::min<ChunkId>(64, geometry.chunk_count() - chunk);
        const auto all = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
        memory.bits[chunk / 64].store(all, std::memory_order_relaxed);
    }
}

// Nothing is put any more, and whoever sleeps looks what there is.
template <class Machine>
void close(Header<Machine>& header) {
    header.openness.store(static_cast<std::uint32_t>(Openness::closed), std::memory_order_seq_cst);
    parking::wake_all(header.readers);
    parking::wake_all(header.writers);
}

// What has happened in a queue, as far as its users say.
struct Figures {
    std::uint64_t depth = 0;
    std::uint64_t put = 0;
    std::uint64_t got = 0;
    std::uint64_t dropped = 0;
    std::uint64_t lost = 0;
    std::uint64_t redelivered = 0;
};

// Never more than what has come before it, whatever stands there.
template <class Machine>
Figures figures_of(const Geometry& geometry, const Header<Machine>& header) {
    const Ticket first = first_ticket(geometry);
    const Ticket tail = header.tail.load(std::memory_order_acquire);
    const Ticket head = header.head.load(std::memory_order_acquire);
    const auto less = [](std::uint64_t from, std::uint64_t what) {
        return from - std::min(from, what);
    };
    Figures figures{.depth = less(tail, head),
                    .dropped = header.dropped.load(std::memory_order_relaxed),
                    .lost = header.lost.load(std::memory_order_relaxed),
                    .redelivered = header.redelivered.load(std::memory_order_relaxed)};
    figures.put = less(less(tail, first), figures.redelivered);
    figures.got = less(less(head, first), figures.dropped + figures.lost + figures.redelivered);
    return figures;
}

}  // namespace ccd::shm
