// One message and one word to sleep on: what waking another process costs at the least.
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cstring>

#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/shared_memory.h"

namespace ccd::bench::queue {
namespace {

// The message lies behind it.
struct Word {
    std::atomic<std::uint32_t> is_full;
};
constexpr std::size_t message_at = 64;

class FutexSender final : public Sender {
public:
    explicit FutexSender(const SharedMemory& memory) : memory_(memory) {}

    void put(std::span<const std::byte> message) override {
        auto& is_full = memory_.at<Word>(0)->is_full;
        // Never so between two that answer each other.
        while (is_full.load(std::memory_order_acquire) == 1) ::sched_yield();
        std::memcpy(memory_.bytes() + message_at, message.data(), message.size());
        is_full.store(1, std::memory_order_release);
        ::syscall(SYS_futex, &is_full, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }

private:
    const SharedMemory& memory_;
};

class FutexReceiver final : public Receiver {
public:
    FutexReceiver(const SharedMemory& memory, std::size_t message_size)
        : memory_(memory), message_size_(message_size) {}

    std::size_t get(std::span<std::byte> message) override {
        auto& is_full = memory_.at<Word>(0)->is_full;
        while (is_full.load(std::memory_order_acquire) == 0)
            ::syscall(SYS_futex, &is_full, FUTEX_WAIT, 0, nullptr, nullptr, 0);
        std::memcpy(message.data(), memory_.bytes() + message_at, message_size_);
        is_full.store(0, std::memory_order_release);
        return message_size_;
    }

private:
    const SharedMemory& memory_;
    std::size_t message_size_;
};

class FutexChannel final : public Channel {
public:
    FutexChannel(SharedMemory memory, std::size_t message_size)
        : memory_(std::move(memory)), message_size_(message_size) {}

    std::unique_ptr<Sender> open_sender(std::size_t) override {
        return std::make_unique<FutexSender>(memory_);
    }
    std::unique_ptr<Receiver> open_receiver(std::size_t) override {
        return std::make_unique<FutexReceiver>(memory_, message_size_);
    }

private:
    SharedMemory memory_;
    std::size_t message_size_;
};

}  // namespace

MadeChannel make_futex(const Shape& shape) {
    assert(shape.producers == 1 && shape.consumers == 1);
    auto memory = CCD_TRY(SharedMemory::create(message_at + shape.message_size));
    return std::make_unique<FutexChannel>(std::move(memory), shape.message_size);
}

}  // namespace ccd::bench::queue
