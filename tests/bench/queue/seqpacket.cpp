// A pair of Unix sockets that keep messages apart, each end of it for all on its side.
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "ccd/unique_fd.h"
#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/crowd.h"
#include "tests/harness/error.h"

namespace ccd::bench::queue {
namespace {

class SeqpacketSender final : public Sender {
public:
    explicit SeqpacketSender(int fd) : fd_(fd) {}

    void put(std::span<const std::byte> message) override {
        while (::send(fd_, message.data(), message.size(), MSG_NOSIGNAL) < 0)
            if (errno != EINTR) give_up(harness::failure_from(errno, "cannot send").value());
    }

private:
    int fd_;
};

class SeqpacketReceiver final : public Receiver {
public:
    explicit SeqpacketReceiver(int fd) : fd_(fd) {}

    std::size_t get(std::span<std::byte> message) override {
        for (;;) {
            const ssize_t size = ::recv(fd_, message.data(), message.size(), 0);
            if (size > 0) return static_cast<std::size_t>(size);
            if (size == 0 || errno != EINTR)
                give_up(harness::failure_from(errno, "cannot receive").value());
        }
    }

private:
    int fd_;
};

class SeqpacketChannel final : public Channel {
public:
    SeqpacketChannel(UniqueFd in, UniqueFd out) : in_(std::move(in)), out_(std::move(out)) {}

    std::unique_ptr<Sender> open_sender(std::size_t) override {
        return std::make_unique<SeqpacketSender>(in_.get());
    }
    std::unique_ptr<Receiver> open_receiver(std::size_t) override {
        return std::make_unique<SeqpacketReceiver>(out_.get());
    }

private:
    UniqueFd in_;
    UniqueFd out_;
};

// As much as asked for where we may, else as much as the machine allows.
void raise_buffer(int fd, std::size_t size) {
    const int bytes = static_cast<int>(size);
    if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

}  // namespace

MadeChannel make_seqpacket(const Shape& shape) {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0)
        return harness::failure_from(errno, "cannot make a pair of sockets");
    UniqueFd in{fds[0]};
    UniqueFd out{fds[1]};
    raise_buffer(in.get(), shape.capacity * shape.message_size);
    return std::make_unique<SeqpacketChannel>(std::move(in), std::move(out));
}

}  // namespace ccd::bench::queue
