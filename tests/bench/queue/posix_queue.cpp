// A POSIX message queue.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "ccd/unique_fd.h"
#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/crowd.h"
#include "tests/harness/error.h"

namespace ccd::bench::queue {
namespace {

class PosixSender final : public Sender {
public:
    explicit PosixSender(mqd_t queue) : queue_(queue) {}

    void put(std::span<const std::byte> message) override {
        const char* bytes = reinterpret_cast<const char*>(message.data());
        while (::mq_send(queue_, bytes, message.size(), 0) != 0)
            if (errno != EINTR) give_up(harness::failure_from(errno, "cannot send").value());
    }

private:
    mqd_t queue_;
};

class PosixReceiver final : public Receiver {
public:
    explicit PosixReceiver(mqd_t queue) : queue_(queue) {}

    std::size_t get(std::span<std::byte> message) override {
        char* bytes = reinterpret_cast<char*>(message.data());
        for (;;) {
            const ssize_t size = ::mq_receive(queue_, bytes, message.size(), nullptr);
            if (size >= 0) return static_cast<std::size_t>(size);
            if (errno != EINTR) give_up(harness::failure_from(errno, "cannot receive").value());
        }
    }

private:
    mqd_t queue_;
};

class PosixChannel final : public Channel {
public:
    PosixChannel(UniqueFd queue, std::size_t wanted, std::size_t capacity)
        : queue_(std::move(queue)), wanted_(wanted), capacity_(capacity) {}

    std::unique_ptr<Sender> open_sender(std::size_t) override {
        return std::make_unique<PosixSender>(queue_.get());
    }
    std::unique_ptr<Receiver> open_receiver(std::size_t) override {
        return std::make_unique<PosixReceiver>(queue_.get());
    }
    std::optional<std::string> remark() const override {
        if (capacity_ == wanted_) return std::nullopt;
        return "posixmq: " + std::to_string(capacity_) + " messages in line instead of " +
               std::to_string(wanted_) + ", by this machine's limits";
    }

private:
    UniqueFd queue_;  // on Linux a message queue is a descriptor
    std::size_t wanted_;
    std::size_t capacity_;
};

// All that we may have of the bytes in message queues.
void raise_limit() {
    rlimit most{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    if (::setrlimit(RLIMIT_MSGQUEUE, &most) == 0) return;
    if (::getrlimit(RLIMIT_MSGQUEUE, &most) != 0) return;
    most.rlim_cur = most.rlim_max;
    ::setrlimit(RLIMIT_MSGQUEUE, &most);
}

// Its name is gone at once: those that are forked have the descriptor. None: see errno.
UniqueFd open_unnamed(std::size_t capacity, std::size_t message_size) {
    const std::string name = "/ccd-bench-" + std::to_string(::getpid());
    mq_attr shape{};
    shape.mq_maxmsg = static_cast<long>(capacity);
    shape.mq_msgsize = static_cast<long>(message_size);
    UniqueFd queue{::mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &shape)};
    if (queue) ::mq_unlink(name.c_str());
    return queue;
}

}  // namespace

MadeChannel make_posix_queue(const Shape& shape) {
    raise_limit();
    for (auto capacity = shape.capacity; capacity > 0; capacity /= 2) {
        auto queue = open_unnamed(capacity, shape.message_size);
        if (queue)
            return std::make_unique<PosixChannel>(std::move(queue), shape.capacity, capacity);
        // The limit of a queue's size, and of all queues' sizes: fewer messages may go.
        if (errno != EINVAL && errno != EMFILE) break;
    }
    return failure(Errc::not_found, "no POSIX message queue for messages of " +
                                        std::to_string(shape.message_size) +
                                        " bytes here: " + std::strerror(errno));
}

}  // namespace ccd::bench::queue
