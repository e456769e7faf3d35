// What no queue that copies messages can beat with one process.
#include <chrono>
#include <cstring>

#include "tests/bench/queue/contestants.h"
#include "tests/bench/queue/shared_memory.h"

namespace ccd::bench::queue {
namespace {

using Clock = std::chrono::steady_clock;

class Memcpy : public Contestant {
public:
    Memcpy(SharedMemory from, SharedMemory to, const Shape& shape, harness::Nanos run)
        : from_(std::move(from)), to_(std::move(to)), shape_(shape), run_(run) {
        std::memset(from_.bytes(), 1, from_.size());  // so that it has pages of its own
        std::memset(to_.bytes(), 1, to_.size());
    }

    Result<Measurement> run() override {
        std::uint64_t copied = 0;
        const auto began = Clock::now();
        auto now = began;
        for (; now < began + run_; now = Clock::now()) copy(copied++ % shape_.capacity);
        return Measurement{.rate = static_cast<double>(copied) / harness::seconds_of(now - began)};
    }

private:
    void copy(std::size_t cell) {
        const auto at = cell * shape_.message_size;
        std::memcpy(to_.bytes() + at, from_.bytes() + at, shape_.message_size);
    }

    SharedMemory from_;
    SharedMemory to_;
    Shape shape_;
    harness::Nanos run_;
};

}  // namespace

MadeContestant make_memcpy(const Shape& shape, harness::Nanos run) {
    const auto size = shape.capacity * shape.message_size;
    auto from = CCD_TRY(SharedMemory::create(size));
    auto to = CCD_TRY(SharedMemory::create(size));
    return std::make_unique<Memcpy>(std::move(from), std::move(to), shape, run);
}

}  // namespace ccd::bench::queue
