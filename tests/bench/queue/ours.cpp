// ccd's queue, as a C program has it: made by a daemon, opened by each process for itself, and used
// through libccd.
#include <sys/types.h>

#include <memory>

#include "ccd/ccd.h"
#include "lib/shm/machine.h"
#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/crowd.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"

namespace ccd::bench::queue {
namespace {

using harness::PrivateDaemon;

constexpr const char* queue_name = "bench";
constexpr std::int64_t patience = 10'000'000'000;  // nanoseconds, of the daemon's answers

Error last_error(int code) {
    return {Errc::internal,
            "libccd answers " + std::string{ccd_strerror(code)} + ": " + ccd_error()};
}

void require(int code) {
    if (code != CCD_OK) give_up(last_error(code));
}

struct Closing {
    void operator()(ccd_client* client) const { ccd_close(client); }
    void operator()(ccd_queue* queue) const { ccd_queue_close(queue); }
};
using OurClient = std::unique_ptr<ccd_client, Closing>;
using OurQueue = std::unique_ptr<ccd_queue, Closing>;

Result<OurClient> connect(const std::string& socket) {
    ccd_client* client = nullptr;
    const int code = ccd_connect(socket.c_str(), patience, &client);
    if (code != CCD_OK) return tl::unexpected{last_error(code)};
    return OurClient{client};
}

class OurEnd {
public:
    OurEnd(const std::string& socket, ccd_use use, Waiting waiting) : waiting_(waiting) {
        const auto client = connect(socket);
        if (!client) give_up(client.error());
        ccd_queue* queue = nullptr;
        require(ccd_queue_open(client->get(), queue_name, use, &queue));
        queue_.reset(queue);
    }

    // `attempt(timeout)` until it succeeds.
    template <class Attempt>
    void wait(Attempt attempt) const {
        if (waiting_ == Waiting::sleeping) return require(attempt(CCD_FOREVER));
        int code = attempt(0);
        for (; code == CCD_TIMEOUT; code = attempt(0)) shm::Hardware::pause();
        require(code);
    }
    ccd_queue* queue() const { return queue_.get(); }

private:
    OurQueue queue_;
    Waiting waiting_;
};

class OurSender final : public PlacedSender {
public:
    explicit OurSender(OurEnd end)
        : end_(std::move(end)), size_(ccd_queue_message_size(end_.queue())) {}

    void put(std::span<const std::byte> message) override {
        end_.wait([&](std::int64_t timeout) {
            return ccd_queue_put(end_.queue(), message.data(), message.size(), timeout);
        });
    }
    std::span<std::byte> room() override {
        end_.wait([&](std::int64_t timeout) {
            return ccd_queue_reserve(end_.queue(), size_, &message_, timeout);
        });
        return {static_cast<std::byte*>(message_.data), message_.size};
    }
    void publish() override { require(ccd_queue_commit(end_.queue(), &message_)); }

private:
    OurEnd end_;
    std::size_t size_;
    ccd_message message_{};
};

class OurReceiver final : public PlacedReceiver {
public:
    explicit OurReceiver(OurEnd end) : end_(std::move(end)) {}

    std::size_t get(std::span<std::byte> message) override {
        std::size_t size = 0;
        end_.wait([&](std::int64_t timeout) {
            return ccd_queue_get(end_.queue(), message.data(), message.size(), &size, timeout);
        });
        return size;
    }
    std::span<const std::byte> message() override {
        end_.wait(
            [&](std::int64_t timeout) { return ccd_queue_peek(end_.queue(), &message_, timeout); });
        return {static_cast<const std::byte*>(message_.data), message_.size};
    }
    void release() override { require(ccd_queue_ack(end_.queue(), &message_)); }

private:
    OurEnd end_;
    ccd_message message_{};
};

class OurChannel final : public PlacedChannel {
public:
    OurChannel(PrivateDaemon daemon, Waiting waiting)
        : daemon_(std::move(daemon)), waiting_(waiting) {}

    std::unique_ptr<PlacedSender> open_placed_sender(std::size_t) override {
        return std::make_unique<OurSender>(OurEnd{daemon_.socket(), CCD_PUT, waiting_});
    }
    std::unique_ptr<PlacedReceiver> open_placed_receiver(std::size_t) override {
        return std::make_unique<OurReceiver>(OurEnd{daemon_.socket(), CCD_GET, waiting_});
    }

private:
    PrivateDaemon daemon_;
    Waiting waiting_;
};

}  // namespace

MadePlacedChannel make_ours(const Shape& shape) {
    auto daemon = CCD_TRY(
        PrivateDaemon::start({.parent = harness::scratch_directory(), .cards = 0, .values = {}}));
    const auto client = CCD_TRY(connect(daemon.socket()));
    const ccd_queue_shape queue{.size = sizeof(queue),
                                .capacity = static_cast<std::uint32_t>(shape.capacity),
                                .message_size = static_cast<std::uint32_t>(shape.message_size),
                                .when_full = CCD_BLOCK,
                                .on_consumer_death = CCD_DROP,
                                .mode = 0,
                                .reserved = 0};
    const int code = ccd_queue_create(client.get(), queue_name, &queue, nullptr);
    if (code != CCD_OK) return tl::unexpected{last_error(code)};
    return std::make_unique<OurChannel>(std::move(daemon), shape.waiting);
}

}  // namespace ccd::bench::queue
