// libccd for C++17: what ccd.h has, with owners and exceptions. Header only.
//
//     ccd::Client client;
//     ccd::Queue frames{client, "frames", ccd::Use::both};
//     frames.put("hello", 1s);
//     std::optional<std::string> text = frames.get();
//
// What is no failure is a value: no room, or no message, within the time. All else throws an Error.
// Threads and processes: as ccd.h says of a ccd_client and a ccd_queue.
#pragma once

#include <ccd/ccd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ccd {
inline namespace over_abi {

class Error : public std::runtime_error {
public:
    explicit Error(int number) : Error(number, ccd_error()) {}
    Error(int number, const char* sentence) : std::runtime_error(sentence), code_(number) {}
    int code() const noexcept { return code_; }  // a ccd_code

private:
    int code_;
};

// The queue was destroyed, and all that was in line has been got.
class Closed : public Error {
public:
    using Error::Error;
};

// None: for ever. Zero: not at all.
using Timeout = std::optional<std::chrono::nanoseconds>;
inline constexpr std::nullopt_t forever = std::nullopt;

enum class Use : int { put = CCD_PUT, get = CCD_GET, both = CCD_BOTH };
enum class WhenFull : int { block = CCD_BLOCK, fail = CCD_FAIL, drop_oldest = CCD_DROP_OLDEST };
enum class OnConsumerDeath : int { drop = CCD_DROP, redeliver = CCD_REDELIVER };
enum class Event : int { message = CCD_MESSAGE, room = CCD_ROOM };

struct Shape {
    std::uint32_t capacity = 0;      // messages in line
    std::uint32_t message_size = 0;  // bytes, at most
    WhenFull when_full = WhenFull::block;
    OnConsumerDeath on_consumer_death = OnConsumerDeath::drop;
    unsigned mode = 0660;  // as of a file; not 0, by which nobody could use it
};

namespace detail {

inline std::int64_t nanoseconds(Timeout timeout) {
    if (!timeout) return CCD_FOREVER;
    return timeout->count() < 0 ? 0 : timeout->count();
}

inline void check(int code) {
    if (code == CCD_CLOSED) throw Closed{code};
    if (code != CCD_OK) throw Error{code};
}

// False: not within the time, or there is no room in a queue that fails when it is full.
inline bool is_done(int code) {
    if (code == CCD_TIMEOUT || code == CCD_OVER_LIMIT) return false;
    check(code);
    return true;
}

}  // namespace detail

class Client {
public:
    // `socket` empty: where the daemon is by rule. The time bounds each answer of the daemon.
    explicit Client(const std::string& socket = {}, Timeout timeout = std::chrono::seconds{30}) {
        ccd_client* opened = nullptr;
        detail::check(ccd_connect(socket.empty() ? nullptr : socket.c_str(),
                                  detail::nanoseconds(timeout), &opened));
        client_.reset(opened);
    }

    // False: it is there already, in the same shape, whatever its mode.
    bool create(const std::string& name, const Shape& shape) {
        if (shape.mode == 0) throw Error{CCD_BAD_REQUEST, "a queue of mode 0 is for nobody"};
        const ccd_queue_shape given{sizeof(ccd_queue_shape),
                                    shape.capacity,
                                    shape.message_size,
                                    static_cast<int>(shape.when_full),
                                    static_cast<int>(shape.on_consumer_death),
                                    shape.mode,
                                    0};
        int created = 0;
        detail::check(ccd_queue_create(client_.get(), name.c_str(), &given, &created));
        return created != 0;
    }

    void destroy(const std::string& name) {
        detail::check(ccd_queue_destroy(client_.get(), name.c_str()));
    }

    ccd_client* handle() const noexcept { return client_.get(); }

private:
    struct Close {
        void operator()(ccd_client* client) const noexcept { ccd_close(client); }
    };
    std::unique_ptr<ccd_client, Close> client_;
};

// A place in the queue's memory to write a message into; given back unless it is committed.
// It must go before its queue.
class Reservation {
public:
    Reservation(ccd_queue* queue, const ccd_message& message) : queue_(queue), message_(message) {}
    Reservation(Reservation&& other) noexcept
        : queue_(std::exchange(other.queue_, nullptr)), message_(other.message_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation() {
        if (queue_ != nullptr) ccd_queue_abandon(queue_, &message_);
    }

    void* data() const noexcept { return message_.data; }
    std::size_t size() const noexcept { return message_.size; }

    void commit() { commit(message_.size); }
    // Only so much of it was written.
    void commit(std::size_t size) {
        message_.size = size;
        detail::check(ccd_queue_commit(queue_, &message_));
        queue_ = nullptr;
    }

private:
    ccd_queue* queue_;
    ccd_message message_;
};

// A message in the queue's memory. When it goes, which must be before its queue does, it is
// acknowledged; but if it goes for an exception, whoever has thrown that was not done with it: it
// goes back to the end of the line.
class Message {
public:
    Message(ccd_queue* queue, const ccd_message& message) : queue_(queue), message_(message) {}
    Message(Message&& other) noexcept
        : queue_(std::exchange(other.queue_, nullptr)), message_(other.message_) {}
    Message& operator=(Message&&) = delete;
    ~Message() {
        if (queue_ == nullptr) return;
        if (std::uncaught_exceptions() > exceptions_)
            ccd_queue_nack(queue_, &message_);
        else
            ccd_queue_ack(queue_, &message_);
    }

    // Its bytes are no longer to be looked at. Once, and one of the two.
    void acknowledge() { detail::check(ccd_queue_ack(std::exchange(queue_, nullptr), &message_)); }
    void nack() { detail::check(ccd_queue_nack(std::exchange(queue_, nullptr), &message_)); }

    std::string_view bytes() const noexcept {
        return {static_cast<const char*>(message_.data), message_.size};
    }
    // Before this one, to consumers that died or gave it back.
    std::uint32_t deliveries() const noexcept { return message_.deliveries; }

private:
    ccd_queue* queue_;
    ccd_message message_;
    int exceptions_ = std::uncaught_exceptions();  // under way already
};

class Queue {
public:
    Queue(const Client& client, const std::string& name, Use use) {
        ccd_queue* opened = nullptr;
        detail::check(
            ccd_queue_open(client.handle(), name.c_str(), static_cast<int>(use), &opened));
        queue_.reset(opened);
    }

    // False: there was no room.
    [[nodiscard]] bool put(std::string_view bytes, Timeout timeout) {
        return detail::is_done(
            ccd_queue_put(handle(), bytes.data(), bytes.size(), detail::nanoseconds(timeout)));
    }
    // Waits for room. A queue that never waits throws where there is none.
    void put(std::string_view bytes) {
        detail::check(ccd_queue_put(handle(), bytes.data(), bytes.size(), CCD_FOREVER));
    }

    // None: there was no message. One for which there is no memory goes back to the end of the
    // line.
    std::optional<std::string> get(Timeout timeout = forever) {
        const std::optional<Message> message = peek(timeout);
        if (!message) return std::nullopt;
        return std::string{message->bytes()};
    }

    std::optional<Reservation> reserve(std::size_t size, Timeout timeout = forever) {
        ccd_message message{};
        if (!detail::is_done(
                ccd_queue_reserve(handle(), size, &message, detail::nanoseconds(timeout))))
            return std::nullopt;
        return std::optional<Reservation>{std::in_place, handle(), message};
    }

    std::optional<Message> peek(Timeout timeout = forever) {
        ccd_message message{};
        if (!detail::is_done(ccd_queue_peek(handle(), &message, detail::nanoseconds(timeout))))
            return std::nullopt;
        return std::optional<Message>{std::in_place, handle(), message};
    }

    // How many were put: all, or as many as could be in that time.
    std::size_t put_many(const std::vector<std::string_view>& messages, Timeout timeout) {
        std::vector<ccd_bytes> all;
        all.reserve(messages.size());
        for (const std::string_view bytes : messages) all.push_back({bytes.data(), bytes.size()});
        std::size_t put = 0;
        detail::is_done(ccd_queue_put_many(handle(), all.data(), all.size(), &put,
                                           detail::nanoseconds(timeout)));
        return put;
    }

    // Waits for the first only.
    std::vector<std::string> get_many(std::size_t most, Timeout timeout) {
        std::vector<std::string> messages;
        try {
            while (messages.size() < most) {
                const std::size_t wanted = std::min(most - messages.size(), block());
                const bool is_first = messages.empty();
                if (get_block(messages, wanted, is_first ? timeout : Timeout{0}) < wanted) break;
            }
        } catch (const Error&) {
            if (messages.empty()) throw;  // else it comes again, with nothing to lose
        } catch (const std::bad_alloc&) {
            if (messages.empty()) throw;
        }
        return messages;
    }

    // For poll loops, as ccd_queue_fd and ccd_queue_arm.
    int descriptor(Event event) const { return ccd_queue_fd(handle(), static_cast<int>(event)); }
    void arm(Event event) { detail::check(ccd_queue_arm(handle(), static_cast<int>(event))); }

    std::uint64_t depth() const {
        std::uint64_t found = 0;
        detail::check(ccd_queue_depth(handle(), &found));
        return found;
    }
    std::uint32_t capacity() const noexcept { return ccd_queue_capacity(handle()); }
    std::uint32_t message_size() const noexcept { return ccd_queue_message_size(handle()); }

    ccd_queue* handle() const noexcept { return queue_.get(); }

private:
    static constexpr std::size_t longest_block = 64;

    // Messages to get at once: a megabyte of room for them, or for one.
    std::size_t block() const noexcept {
        const std::size_t longest = std::max<std::size_t>(message_size(), 1);
        return std::clamp<std::size_t>((std::size_t{1} << 20) / longest, 1, longest_block);
    }

    // How many were got, and added. All memory is there before they are: else they would be lost.
    std::size_t get_block(std::vector<std::string>& messages, std::size_t wanted, Timeout timeout) {
        std::vector<std::string> rooms(wanted);
        std::array<ccd_buffer, longest_block> buffers{};
        for (std::size_t i = 0; i < wanted; ++i) {
            rooms[i].resize(message_size());
            buffers[i] = {rooms[i].data(), rooms[i].size(), 0};
        }
        if (messages.capacity() - messages.size() < wanted)
            messages.reserve(2 * messages.size() + wanted);
        std::size_t got = 0;
        detail::is_done(ccd_queue_get_many(handle(), buffers.data(), wanted, &got,
                                           detail::nanoseconds(timeout)));
        for (std::size_t i = 0; i < got; ++i) {
            rooms[i].resize(buffers[i].size);
            rooms[i].shrink_to_fit();
            messages.push_back(std::move(rooms[i]));
        }
        return got;
    }

    struct Close {
        void operator()(ccd_queue* queue) const noexcept { ccd_queue_close(queue); }
    };
    std::unique_ptr<ccd_queue, Close> queue_;
};

}  // namespace over_abi
}  // namespace ccd
