// The queue of lib/shm, as its users have it.
#include "lib/shm/attachment.h"
#include "lib/shm/queue.h"
#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/crowd.h"

namespace ccd::bench::queue {
namespace {

using shm::Attachment;
using shm::Hardware;
using shm::Status;

// Clients are numbered from 1.
constexpr shm::ClientId first_client = 1;

Time far_off() {
    return Hardware::now() + std::chrono::hours{1};
}

void require_done(Status status) {
    if (status != Status::done)
        give_up({Errc::internal,
                 "our queue answers with status " + std::to_string(static_cast<int>(status))});
}

class OurSender final : public PlacedSender {
public:
    OurSender(Attachment attachment, shm::ClientId me, Waiting waiting)
        : attachment_(std::move(attachment)),
          queue_(attachment_.geometry(), attachment_.memory(), me),
          size_(attachment_.geometry().shape().message_size),
          waiting_(waiting) {}

    std::span<std::byte> room() override {
        Status status = queue_.reserve(size_, chunk_);
        if (status == Status::would_block) status = wait();
        require_done(status);
        return queue_.room(chunk_);
    }
    void publish() override { require_done(queue_.publish(chunk_, size_)); }
    void put(std::span<const std::byte> message) override { put_by_copy(*this, message); }

private:
    Status wait() {
        if (waiting_ == Waiting::sleeping) return queue_.reserve_until(size_, chunk_, far_off());
        Status status = Status::would_block;
        while (status == Status::would_block) {
            Hardware::pause();
            status = queue_.reserve(size_, chunk_);
        }
        return status;
    }

    Attachment attachment_;  // the queue's memory: it goes last
    shm::Queue<Hardware> queue_;
    std::uint32_t size_;
    Waiting waiting_;
    shm::ChunkId chunk_ = 0;
};

class OurReceiver final : public PlacedReceiver {
public:
    OurReceiver(Attachment attachment, shm::ClientId me, Waiting waiting)
        : attachment_(std::move(attachment)),
          queue_(attachment_.geometry(), attachment_.memory(), me),
          waiting_(waiting) {}

    std::span<const std::byte> message() override {
        Status status = queue_.take(taken_);
        if (status == Status::would_block) status = wait();
        require_done(status);
        return queue_.message(taken_);
    }
    void release() override { queue_.acknowledge(taken_); }
    std::size_t get(std::span<std::byte> message) override { return get_by_copy(*this, message); }

private:
    Status wait() {
        if (waiting_ == Waiting::sleeping) return queue_.take_until(taken_, far_off());
        Status status = Status::would_block;
        while (status == Status::would_block) {
            Hardware::pause();
            status = queue_.take(taken_);
        }
        return status;
    }

    Attachment attachment_;  // the queue's memory: it goes last
    shm::Queue<Hardware> queue_;
    Waiting waiting_;
    shm::Taken taken_;
};

class OurChannel final : public PlacedChannel {
public:
    OurChannel(shm::QueueMemory memory, shm::QueueShape queue, const Shape& shape)
        : memory_(std::move(memory)), queue_(queue), shape_(shape) {}

    std::unique_ptr<PlacedSender> open_placed_sender(std::size_t number) override {
        return std::make_unique<OurSender>(attach(Attachment::Role::producer), client_of(number),
                                           shape_.waiting);
    }
    std::unique_ptr<PlacedReceiver> open_placed_receiver(std::size_t number) override {
        return std::make_unique<OurReceiver>(attach(Attachment::Role::consumer),
                                             client_of(shape_.producers + number), shape_.waiting);
    }

private:
    Attachment attach(Attachment::Role role) const {
        auto attachment = Attachment::open(memory_, queue_, role);
        if (!attachment) give_up(attachment.error());
        return *std::move(attachment);
    }
    static shm::ClientId client_of(std::size_t number) {
        return static_cast<shm::ClientId>(first_client + number);
    }

    shm::QueueMemory memory_;
    shm::QueueShape queue_;
    Shape shape_;
};

}  // namespace

MadePlacedChannel make_ours(const Shape& shape) {
    const shm::QueueShape queue{.capacity = static_cast<std::uint32_t>(shape.capacity),
                                .message_size = static_cast<std::uint32_t>(shape.message_size)};
    auto memory = CCD_TRY(shm::create_queue("ccd-bench", queue));
    return std::make_unique<OurChannel>(std::move(memory), queue, shape);
}

}  // namespace ccd::bench::queue
