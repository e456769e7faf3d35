// Where everything of a queue lies in its two memories.
//
// Computed from the queue's shape alone by each side for itself, and never read from memory that
// others can write: whatever stands there, no access leaves the mapping.
//
//   control:  counters and parking | slots | chunk states | lengths | free bits
//   payload:  one chunk after the other
//
// There is a slot for every chunk, so the ring is never full: what can run out is free chunks.
// There are more chunks than messages may wait, so that those being written and read, and those
// that producers keep ready, take no room from the ones in line.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/shm/words.h"

namespace ccd::shm {

static_assert(sizeof(std::size_t) >= 8, "sizes of queues do not fit");

inline constexpr std::size_t cache_line = 64;
inline constexpr std::uint32_t message_limit = 64U << 20;  // bytes
inline constexpr std::uint32_t capacity_limit = 1U << 20;  // messages

struct QueueShape {
    std::uint32_t capacity = 0;      // messages in line
    std::uint32_t message_size = 0;  // bytes, at most
    bool operator==(const QueueShape&) const = default;
};

constexpr bool is_possible(QueueShape shape) {
    return shape.capacity > 0 && shape.capacity <= capacity_limit && shape.message_size > 0 &&
           shape.message_size <= message_limit;
}

class Geometry {
public:
    // REQUIRES: is_possible(shape).
    constexpr explicit Geometry(QueueShape shape)
        : shape_(shape),
          stride_(round_up(shape.message_size, cache_line)),
          chunks_(shape.capacity + spare_chunks(shape)),
          slot_bits_(std::max(6U, static_cast<unsigned>(std::bit_width(chunks_ - 1U)))) {}

    constexpr QueueShape shape() const { return shape_; }
    constexpr ChunkId chunk_count() const { return chunks_; }
    constexpr unsigned slot_bits() const { return slot_bits_; }
    constexpr std::uint64_t slot_count() const { return std::uint64_t{1} << slot_bits_; }
    constexpr std::size_t bit_words() const { return (chunks_ + 63) / 64; }
    // Chunks that a producer may keep ready.
    constexpr std::uint32_t most_ready() const {
        return std::min(64U, (chunks_ - shape_.capacity) / 8);
    }

    // Chunks that are used by turns as long as there is no need for more.
    constexpr ChunkId round() const {
        return static_cast<ChunkId>(std::max(std::size_t{1}, round_bytes / stride_));
    }

    constexpr std::size_t slot_index(Ticket ticket) const { return ticket & (slot_count() - 1); }

    // Offsets and sizes in bytes.
    constexpr std::size_t slots_at() const { return header_size; }
    constexpr std::size_t states_at() const { return slots_at() + slot_count() * 8; }
    constexpr std::size_t bits_at() const {
        return round_up(states_at() + std::size_t{chunks_} * 16, cache_line);
    }
    constexpr std::size_t control_size() const {
        return round_up(bits_at() + bit_words() * 8, page);
    }
    constexpr std::size_t chunk_at(ChunkId chunk) const { return std::size_t{chunk} * stride_; }
    constexpr std::size_t payload_size() const {
        return round_up(std::size_t{chunks_} * stride_, page);
    }

    static constexpr std::size_t header_size = 8 * cache_line;

private:
    static constexpr std::size_t page = 4096;
    static constexpr std::size_t round_bytes = 4U << 20;

    static constexpr std::size_t round_up(std::size_t size, std::size_t to) {
        return (size + to - 1) / to * to;
    }
    // Up to 4 MiB of them, but eight in any case and never more than the messages in line ask for.
    static constexpr std::uint32_t spare_chunks(QueueShape shape) {
        constexpr std::size_t spare_bytes = 4U << 20;
        const auto affordable =
            static_cast<std::uint32_t>(spare_bytes / round_up(shape.message_size, cache_line));
        return std::clamp(affordable, 8U, std::max(8U, std::min(1024U, shape.capacity)));
    }

    QueueShape shape_;
    std::size_t stride_;
    ChunkId chunks_;
    unsigned slot_bits_;
};

}  // namespace ccd::shm
