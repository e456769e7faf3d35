// One pipe for all. Writes of up to PIPE_BUF bytes are whole, and so are reads where all messages
// have one size; longer messages are written and read in pieces.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>

#include "ccd/unique_fd.h"
#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/crowd.h"
#include "tests/harness/error.h"

namespace ccd::bench::queue {
namespace {

constexpr std::size_t largest_pipe = 1U << 20;  // that may be had without privilege

// How far a call has come; ends the process where it fails.
std::size_t require_progress(ssize_t count, const char* what) {
    if (count > 0) return static_cast<std::size_t>(count);
    if (count < 0 && errno == EINTR) return 0;
    give_up(harness::failure_from(errno, what).value());
}

class PipeSender final : public Sender {
public:
    explicit PipeSender(int fd) : fd_(fd) {}

    void put(std::span<const std::byte> message) override {
        while (!message.empty())
            message = message.subspan(require_progress(::write(fd_, message.data(), message.size()),
                                                       "cannot write to a pipe"));
    }

private:
    int fd_;
};

class PipeReceiver final : public Receiver {
public:
    PipeReceiver(int fd, std::size_t message_size) : fd_(fd), message_size_(message_size) {}

    std::size_t get(std::span<std::byte> message) override {
        message = message.first(message_size_);
        while (!message.empty())
            message = message.subspan(require_progress(::read(fd_, message.data(), message.size()),
                                                       "cannot read from a pipe"));
        return message_size_;
    }

private:
    int fd_;
    std::size_t message_size_;
};

class PipeChannel final : public Channel {
public:
    PipeChannel(UniqueFd in, UniqueFd out, std::size_t message_size)
        : in_(std::move(in)), out_(std::move(out)), message_size_(message_size) {}

    std::unique_ptr<Sender> open_sender(std::size_t) override {
        return std::make_unique<PipeSender>(in_.get());
    }
    std::unique_ptr<Receiver> open_receiver(std::size_t) override {
        return std::make_unique<PipeReceiver>(out_.get(), message_size_);
    }

private:
    UniqueFd in_;
    UniqueFd out_;
    std::size_t message_size_;
};

}  // namespace

MadeChannel make_pipe(const Shape& shape) {
    assert(shape.message_size <= PIPE_BUF || (shape.producers == 1 && shape.consumers == 1));
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0)
        return harness::failure_from(errno, "cannot make a pipe");
    UniqueFd out{fds[0]};
    UniqueFd in{fds[1]};
    // Where it may not grow, it is measured as it is.
    ::fcntl(in.get(), F_SETPIPE_SZ,
            static_cast<int>(std::min(shape.capacity * shape.message_size, largest_pipe)));
    return std::make_unique<PipeChannel>(std::move(in), std::move(out), shape.message_size);
}

}  // namespace ccd::bench::queue
