// A way from processes to processes: what is measured, and what the tests try.
//
// One process makes a channel and forks those that use it; each of these opens an end of its own.
// An end that fails ends its process (see give_up): there is nobody in it who could go on.
//
// Owner: whoever measures. One end, one process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ccd::bench::queue {

// How an end waits, where a channel leaves a choice.
enum class Waiting : std::uint8_t { sleeping, spinning };

struct Shape {
    std::size_t producers = 1;
    std::size_t consumers = 1;
    std::size_t message_size = 64;  // bytes, of every message
    std::size_t capacity = 1024;    // messages, where a channel counts them; a power of 2
    Waiting waiting = Waiting::sleeping;
};

class Sender {
public:
    virtual ~Sender() = default;
    // Copies the message into the channel, once there is room. REQUIRES: it is of the shape's size.
    virtual void put(std::span<const std::byte> message) = 0;
};

class Receiver {
public:
    virtual ~Receiver() = default;
    // Copies the next message out of the channel, once there is one: its size. REQUIRES: there is
    // room for a message of the shape's size.
    virtual std::size_t get(std::span<std::byte> message) = 0;
};

// Ends that lend the channel's own memory, so that nothing needs to be copied.
class PlacedSender : public Sender {
public:
    // Where the next message is to be written, once there is room.
    virtual std::span<std::byte> room() = 0;
    virtual void publish() = 0;
};

class PlacedReceiver : public Receiver {
public:
    // The next message, once there is one.
    virtual std::span<const std::byte> message() = 0;
    virtual void release() = 0;
};

class Channel {
public:
    virtual ~Channel() = default;
    // In the process that uses the end; they are numbered from 0.
    virtual std::unique_ptr<Sender> open_sender(std::size_t number) = 0;
    virtual std::unique_ptr<Receiver> open_receiver(std::size_t number) = 0;
    // Where it is not of the shape that was asked for.
    virtual std::optional<std::string> remark() const { return std::nullopt; }
};

class PlacedChannel : public Channel {
public:
    virtual std::unique_ptr<PlacedSender> open_placed_sender(std::size_t number) = 0;
    virtual std::unique_ptr<PlacedReceiver> open_placed_receiver(std::size_t number) = 0;

    std::unique_ptr<Sender> open_sender(std::size_t number) final {
        return open_placed_sender(number);
    }
    std::unique_ptr<Receiver> open_receiver(std::size_t number) final {
        return open_placed_receiver(number);
    }
};

// The copying halves of placed ends. Over the final class, so that its calls are direct ones.
template <class Sender>
void put_by_copy(Sender& sender, std::span<const std::byte> message) {
    std::memcpy(sender.room().data(), message.data(), message.size());
    sender.publish();
}

template <class Receiver>
std::size_t get_by_copy(Receiver& receiver, std::span<std::byte> message) {
    const auto found = receiver.message();
    const std::size_t size = found.size();
    std::memcpy(message.data(), found.data(), size);
    receiver.release();
    return size;
}

}  // namespace ccd::bench::queue
