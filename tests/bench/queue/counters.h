// What each process of a crowd has done, for who has forked it to read.
//
// Each counts in a cache line of its own, which nobody but the one who measures ever looks at.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "ccd/result.h"
#include "tests/bench/queue/shared_memory.h"

namespace ccd::bench::queue {

struct alignas(64) Counter {
    std::atomic<std::uint64_t> messages;
    std::atomic<std::uint64_t> sum;  // of what was read, so that it has to be read
};

class Counters {
public:
    static Result<Counters> create(std::size_t count) {
        return Counters{CCD_TRY(SharedMemory::create(count * sizeof(Counter))), count};
    }

    Counter& operator[](std::size_t number) const {
        return *memory_.at<Counter>(number * sizeof(Counter));
    }

    std::uint64_t messages() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < count_; ++i)
            sum += (*this)[i].messages.load(std::memory_order_relaxed);
        return sum;
    }

private:
    Counters(SharedMemory memory, std::size_t count) : memory_(std::move(memory)), count_(count) {}

    SharedMemory memory_;
    std::size_t count_;
};

}  // namespace ccd::bench::queue
