// One user of a queue in a process of its own, of which every instruction is walked over.
//
// What it does is compiled as it is in production, over a machine of its own, so that no other
// instantiation takes its place. It notes where others can read it what it is about to do and what
// it has done: a message is there from somewhere between the two, and gone likewise.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "lib/shm/attachment.h"
#include "tests/lib/shm/shared_value.h"
#include "tests/lib/shm/traced.h"

namespace ccd::shm {

// It goes to sleep at once, and without a net: whose wake is lost sleeps for ever.
struct Bare : Hardware {
    static constexpr std::uint32_t spins = 0;

    static void wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen, Time deadline) {
        Traced::set_may_sleep(true);
        Hardware::wait(word, seen, deadline);
        Traced::set_may_sleep(false);
    }
    static Time now() { return Time{std::chrono::hours{24 * 365 * 50}}; }
};

// The same memory, for code over `Bare`.
inline Memory<Bare> bare(const Memory<Hardware>& memory) {
    return {.header = reinterpret_cast<Header<Bare>*>(memory.header),
            .slots = memory.slots,
            .chunks = reinterpret_cast<Chunk<Bare>*>(memory.chunks),
            .bits = memory.bits,
            .payload = memory.payload};
}

// Every message is a number, eight times: one that is torn is seen. Each user counts from his own.
using Number = std::uint64_t;
constexpr Number numbers_each = 1'000'000;
constexpr std::uint32_t number_size = 64;

inline void write_number(std::span<std::byte> room, Number number) {
    std::array<Number, 8> words;
    words.fill(number);
    std::memcpy(room.data(), words.data(), number_size);
}

// ~0 where it is torn.
inline Number number_in(std::span<const std::byte> message) {
    std::array<Number, 8> words{};
    if (message.size() != number_size) return ~Number{0};
    std::memcpy(words.data(), message.data(), number_size);
    return std::ranges::count(words, words[0]) == 8 ? words[0] : ~Number{0};
}

struct Notes {
    std::atomic<std::uint32_t> puts_begun;
    std::atomic<std::uint32_t> puts_done;
    std::atomic<std::uint32_t> acknowledges_begun;
    std::atomic<std::uint32_t> acknowledges_done;
    std::array<Number, 64> acknowledged;
};

class Walked {
public:
    Walked(Queue<Bare>& queue, Notes& notes, ClientId me)
        : queue_(queue), notes_(notes), next_(me * numbers_each) {
        reserved_.reserve(64);
        taken_.reserve(64);
    }

    void reserve() {
        reserve_by([&](auto& chunk) { return queue_.reserve(number_size, chunk); });
    }
    void reserve_dropping() {
        reserve_by([&](auto& chunk) { return queue_.reserve_dropping(number_size, chunk); });
    }
    void reserve_sleeping() {
        reserve_by(
            [&](auto& chunk) { return queue_.reserve_until(number_size, chunk, Time::max()); });
    }
    // What was reserved last.
    void publish() {
        write_number(queue_.room(reserved_.back()), next_++);
        ++notes_.puts_begun;
        succeed(queue_.publish(reserved_.back(), number_size));
        ++notes_.puts_done;
        reserved_.pop_back();
    }
    void abandon() {
        queue_.abandon(reserved_.back());
        reserved_.pop_back();
    }
    void put() {
        reserve();
        publish();
    }

    void take() { succeed(queue_.take(taken_.emplace_back())); }
    void take_sleeping() { succeed(queue_.take_until(taken_.emplace_back(), Time::max())); }
    // What was taken last.
    void acknowledge() {
        notes_.acknowledged[notes_.acknowledges_begun] = number_in(queue_.message(taken_.back()));
        ++notes_.acknowledges_begun;
        queue_.acknowledge(taken_.back());
        ++notes_.acknowledges_done;
        taken_.pop_back();
    }
    void put_back() {
        succeed(queue_.put_back(taken_.back()));
        taken_.pop_back();
    }
    void get() {
        take();
        acknowledge();
    }

    void flush() { queue_.flush(); }

private:
    static void succeed(Status status) {
        if (status != Status::done) ::_exit(1);
    }
    template <class Reserve>
    void reserve_by(Reserve reserve) {
        ChunkId chunk = 0;
        succeed(reserve(chunk));
        reserved_.push_back(chunk);
    }

    Queue<Bare>& queue_;
    Notes& notes_;
    Number next_;
    std::vector<ChunkId> reserved_;
    std::vector<Taken> taken_;
};

// The process. It never leaves the queue in order: what it keeps ready is for the repair to find.
class Actor {
public:
    struct Part {
        std::function<void(Walked&)> before;  // not walked over
        std::function<void(Walked&)> walked;
    };

    Actor(const QueueMemory& memory, QueueShape shape, ClientId me, const Part& part)
        : process_([&] { play(memory, shape, me, part); }) {}

    Traced& process() { return process_; }
    const Notes& notes() const { return *notes_; }

private:
    void play(const QueueMemory& memory, QueueShape shape, ClientId me, const Part& part) {
        const Attachment own = Attachment::open(memory, shape, Attachment::Role::producer).value();
        alignas(Queue<Bare>) std::array<std::byte, sizeof(Queue<Bare>)> place;
        auto* queue = new (place.data()) Queue<Bare>{own.geometry(), bare(own.memory()), me};
        Walked walked{*queue, *notes_, me};
        if (part.before) part.before(walked);
        Traced::stop_here();
        part.walked(walked);
        ::_exit(0);
    }

    SharedValue<Notes> notes_;
    Traced process_;
};

}  // namespace ccd::shm
