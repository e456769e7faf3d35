// Memory for one queue inside the test's process, as the daemon lays it out.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/shm/memory.h"
#include "lib/shm/queue.h"
#include "lib/shm/repair.h"

namespace ccd::shm {

// Owns plain arrays of a Machine's words, so that a Machine may make them larger than they are.
template <class Machine>
class Arena {
public:
    explicit Arena(QueueShape shape) : geometry_(shape) { prepare(geometry_, memory()); }

    const Geometry& geometry() const { return geometry_; }
    Memory<Machine> memory() {
        return {.header = header_.get(),
                .slots = slots_.get(),
                .chunks = chunks_.get(),
                .bits = bits_.get(),
                .payload = payload_.get()};
    }

private:
    using Word = typename Machine::template Atomic<std::uint64_t>;

    Geometry geometry_;
    std::unique_ptr<Header<Machine>> header_ = std::make_unique<Header<Machine>>();
    std::unique_ptr<Word[]> slots_ = std::make_unique<Word[]>(geometry_.slot_count());
    std::unique_ptr<Chunk<Machine>[]> chunks_ =
        std::make_unique<Chunk<Machine>[]>(geometry_.chunk_count());
    std::unique_ptr<Word[]> bits_ = std::make_unique<Word[]>(geometry_.bit_words());
    std::unique_ptr<std::byte[]> payload_ = std::make_unique<std::byte[]>(geometry_.payload_size());
};

template <class Machine>
void write(Queue<Machine>& queue, ChunkId chunk, std::string_view text) {
    std::memcpy(queue.room(chunk).data(), text.data(), text.size());
}

template <class Machine>
Status put(Queue<Machine>& queue, std::string_view text) {
    ChunkId chunk = 0;
    const auto length = static_cast<std::uint32_t>(text.size());
    const Status reserved = queue.reserve(length, chunk);
    if (reserved != Status::done) return reserved;
    write(queue, chunk, text);
    return queue.publish(chunk, length);
}

template <class Machine>
std::string text_of(const Queue<Machine>& queue, const Taken& taken) {
    const std::span<const std::byte> bytes = queue.message(taken);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The message, or what was said in place of one.
template <class Machine>
std::string get(Queue<Machine>& queue) {
    Taken taken;
    switch (queue.take(taken)) {
        case Status::done:
            break;
        case Status::would_block:
            return "(nothing)";
        case Status::closed:
            return "(closed)";
        case Status::too_long:
            return "(too long)";
        case Status::broken:
            return "(broken)";
    }
    std::string text = text_of(queue, taken);
    queue.acknowledge(taken);
    return text;
}

// Chunks that are free, and have their bit.
template <class Machine>
std::size_t count_free(const Geometry& geometry, Memory<Machine> memory) {
    std::size_t count = 0;
    for (ChunkId chunk = 0; chunk < geometry.chunk_count(); ++chunk) {
        const auto state = ChunkState::from(memory.chunks[chunk].state.load());
        const bool has_bit = (memory.bits[chunk / 64].load() >> chunk % 64 & 1) != 0;
        if (state.kind == Kind::free && has_bit) ++count;
    }
    return count;
}

}  // namespace ccd::shm
