#include "tests/bench/queue/vyukov.h"

#include <sched.h>

#include <bit>
#include <cassert>

#include "lib/shm/machine.h"
#include "tests/bench/queue/channels.h"

namespace ccd::bench::queue {
namespace {

// Pauses until a process thinks that whoever it waits for wants its CPU.
constexpr unsigned spins = 200;

template <class Attempt>
void spin_until(Attempt attempt) {
    for (unsigned spent = 0; !attempt(); ++spent)
        if (spent < spins)
            shm::Hardware::pause();
        else
            ::sched_yield();
}

class VyukovSender final : public PlacedSender {
public:
    explicit VyukovSender(VyukovRing& ring) : ring_(ring) {}

    std::span<std::byte> room() override {
        spin_until([&] { return ring_.try_claim(ticket_); });
        return ring_.message(ticket_);
    }
    void publish() override { ring_.publish(ticket_); }
    void put(std::span<const std::byte> message) override { put_by_copy(*this, message); }

private:
    VyukovRing& ring_;
    VyukovRing::Ticket ticket_ = 0;
};

class VyukovReceiver final : public PlacedReceiver {
public:
    explicit VyukovReceiver(VyukovRing& ring) : ring_(ring) {}

    std::span<const std::byte> message() override {
        spin_until([&] { return ring_.try_take(ticket_); });
        return ring_.message(ticket_);
    }
    void release() override { ring_.release(ticket_); }
    std::size_t get(std::span<std::byte> message) override { return get_by_copy(*this, message); }

private:
    VyukovRing& ring_;
    VyukovRing::Ticket ticket_ = 0;
};

class VyukovChannel final : public PlacedChannel {
public:
    explicit VyukovChannel(VyukovRing ring) : ring_(std::move(ring)) {}

    std::unique_ptr<PlacedSender> open_placed_sender(std::size_t) override {
        return std::make_unique<VyukovSender>(ring_);
    }
    std::unique_ptr<PlacedReceiver> open_placed_receiver(std::size_t) override {
        return std::make_unique<VyukovReceiver>(ring_);
    }

private:
    VyukovRing ring_;
};

}  // namespace

Result<VyukovRing> VyukovRing::create(std::size_t capacity, std::size_t message_size) {
    assert(std::has_single_bit(capacity));
    const std::size_t size = sizeof(Tickets) + capacity * stride_of(message_size);
    VyukovRing ring{CCD_TRY(SharedMemory::create(size)), capacity, message_size};
    for (Ticket ticket = 0; ticket < capacity; ++ticket)
        ring.cell(ticket)->sequence.store(ticket, std::memory_order_relaxed);
    return ring;
}

MadePlacedChannel make_vyukov(const Shape& shape) {
    auto ring = CCD_TRY(VyukovRing::create(shape.capacity, shape.message_size));
    return std::make_unique<VyukovChannel>(std::move(ring));
}

}  // namespace ccd::bench::queue
