// A process that puts and gets letters, by every way there is, and keeps book of them.
//
// A refusal that a full or an empty queue explains is no error; anything else is, and so is a
// letter that is spoilt, was never sent, or comes before an earlier one of its sender.
//
// Owner: the process that has the place.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "lib/client/shared_queue.h"
#include "tests/stress/queue/book.h"
#include "tests/stress/queue/letter.h"

namespace ccd::stress {

enum class Order : std::uint8_t { kept, broken };  // broken: letters may come again

struct Post {
    std::size_t place = 0;
    std::uint32_t queues = 1;
    std::uint32_t smallest = smallest_letter;  // bytes of a letter
    std::uint32_t largest = 1024;
    Order order = Order::kept;
    std::uint32_t lingers = 0;  // with one in so many that it has in hand, for a moment; 0: never
    std::uint64_t seed = 1;
};

class Correspondent {
public:
    Correspondent(Book& book, const Post& post);

    Place& place() { return place_; }
    bool has_letters_left() const { return place_.begun < book_.letters_each(); }
    // The one that the next letter is for.
    std::uint32_t next_queue() const;

    // Each tells of how many letters it was done. Those that put do nothing when no letter is left.
    // REQUIRES: for those that put: `queue` is open for next_queue().
    std::size_t put(client::SharedQueue& queue, client::Patience patience);
    std::size_t put_in_place(client::SharedQueue& queue, client::Patience patience);
    // Letters for the one queue, while they are: so several only where there is one.
    std::size_t put_several(client::SharedQueue& queue, client::Patience patience);
    // Reserves room and gives it back.
    void change_mind(client::SharedQueue& queue, client::Patience patience);

    std::size_t get(client::SharedQueue& queue, std::uint32_t number, client::Patience patience);
    std::size_t get_several(client::SharedQueue& queue, std::uint32_t number,
                            client::Patience patience);
    std::size_t get_in_place(client::SharedQueue& queue, std::uint32_t number,
                             client::Patience patience);
    // Takes a letter that is never acknowledged: the queue is to be closed.
    std::size_t forsake(client::SharedQueue& queue, std::uint32_t number,
                        client::Patience patience);

    // A number below that.
    std::uint32_t chance(std::uint32_t below);

private:
    static constexpr std::size_t several = 5;

    // An act, and what is noted of it before and after.
    void begin(Act act, std::size_t letters);
    void end();
    void begin_letters(std::size_t count);
    std::size_t end_letters(std::size_t count, std::size_t put);
    template <class Attempt>
    auto timed(Attempt attempt);
    void linger();
    template <class Value>
    bool is_done(const Result<Value>& result, const client::SharedQueue& queue);

    std::size_t next_size();
    std::span<std::byte> room(std::size_t index, std::size_t size);
    Letter letter(std::uint64_t number) const;
    std::optional<Letter> open_letter(std::span<const std::byte> bytes, std::uint32_t queue);
    void was_got(std::span<const std::byte> bytes, std::uint32_t queue);

    Book& book_;
    const Post post_;
    Place& place_;
    std::mt19937_64 chance_;
    std::vector<std::byte> rooms_;
    std::vector<std::uint64_t> awaited_;  // for each queue and sender: the next number, or a later
};

}  // namespace ccd::stress
