// The message queue of Boost.Interprocess: a mutex and two condition variables in shared memory.
#include <unistd.h>

#include <boost/interprocess/ipc/message_queue.hpp>
#include <string>

#include "lib/shm/machine.h"
#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/crowd.h"

namespace ccd::bench::queue {
namespace {

namespace ipc = boost::interprocess;
using ipc::message_queue;

Error error_from(const ipc::interprocess_exception& thrown) {
    return {Errc::internal, std::string{"Boost's message queue: "} + thrown.what()};
}

class BoostSender final : public Sender {
public:
    BoostSender(message_queue& queue, Waiting waiting) : queue_(queue), waiting_(waiting) {}

    void put(std::span<const std::byte> message) override {
        try {
            if (waiting_ == Waiting::sleeping)
                return queue_.send(message.data(), message.size(), 0);
            while (!queue_.try_send(message.data(), message.size(), 0)) shm::Hardware::pause();
        } catch (const ipc::interprocess_exception& thrown) {
            give_up(error_from(thrown));
        }
    }

private:
    message_queue& queue_;
    Waiting waiting_;
};

class BoostReceiver final : public Receiver {
public:
    BoostReceiver(message_queue& queue, Waiting waiting) : queue_(queue), waiting_(waiting) {}

    std::size_t get(std::span<std::byte> message) override {
        message_queue::size_type size = 0;
        unsigned priority = 0;
        try {
            if (waiting_ == Waiting::sleeping)
                queue_.receive(message.data(), message.size(), size, priority);
            else
                while (!queue_.try_receive(message.data(), message.size(), size, priority))
                    shm::Hardware::pause();
        } catch (const ipc::interprocess_exception& thrown) {
            give_up(error_from(thrown));
        }
        return size;
    }

private:
    message_queue& queue_;
    Waiting waiting_;
};

class BoostChannel final : public Channel {
public:
    BoostChannel(std::unique_ptr<message_queue> queue, Waiting waiting)
        : queue_(std::move(queue)), waiting_(waiting) {}

    std::unique_ptr<Sender> open_sender(std::size_t) override {
        return std::make_unique<BoostSender>(*queue_, waiting_);
    }
    std::unique_ptr<Receiver> open_receiver(std::size_t) override {
        return std::make_unique<BoostReceiver>(*queue_, waiting_);
    }

private:
    std::unique_ptr<message_queue> queue_;
    Waiting waiting_;
};

}  // namespace

// The name is gone at once: those that are forked have the memory already, and nothing of it stays
// behind, whoever is killed.
MadeChannel make_boost_queue(const Shape& shape) {
    static unsigned last = 0;
    const std::string name =
        "ccd-bench-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
    try {
        auto queue = std::make_unique<message_queue>(ipc::create_only, name.c_str(), shape.capacity,
                                                     shape.message_size);
        message_queue::remove(name.c_str());
        return std::make_unique<BoostChannel>(std::move(queue), shape.waiting);
    } catch (const ipc::interprocess_exception& thrown) {
        message_queue::remove(name.c_str());
        return tl::unexpected{error_from(thrown)};
    }
}

}  // namespace ccd::bench::queue
