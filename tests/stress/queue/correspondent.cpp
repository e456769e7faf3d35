#include "tests/stress/queue/correspondent.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

namespace ccd::stress {

using client::Patience;
using client::SharedQueue;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::uint32_t longest_linger = 1000;  // microseconds

}  // namespace

Correspondent::Correspondent(Book& book, const Post& post)
    : book_(book),
      post_(post),
      place_(book.places()[post.place]),
      chance_(post.seed),
      rooms_(several * std::size_t{post.largest}),
      awaited_(book.places().size() * post.queues) {}

std::uint32_t Correspondent::next_queue() const {
    return static_cast<std::uint32_t>(place_.begun % post_.queues);
}

void Correspondent::begin(Act act, std::size_t letters) {
    place_.at_hand = letters;
    place_.act = act;
}

void Correspondent::end() {
    place_.act = Act::none;
    ++place_.steps;
}

template <class Attempt>
auto Correspondent::timed(Attempt attempt) {
    const auto began = Clock::now();
    auto result = attempt();
    if (result) place_.latency.record(Clock::now() - began);
    return result;
}

// For whoever kills it to meet it with something in hand.
void Correspondent::linger() {
    if (post_.lingers == 0 || chance(post_.lingers) != 0) return;
    std::this_thread::sleep_for(Micros{chance(longest_linger)});
}

template <class Value>
bool Correspondent::is_done(const Result<Value>& result, const SharedQueue& queue) {
    if (result) return true;
    const auto code = result.error().code;
    const bool may_be = code == Errc::timeout ||
                        (code == Errc::over_limit && queue.when_full() == queue::WhenFull::fail);
    if (!may_be) complain(place_, result.error().message);
    return false;
}

std::size_t Correspondent::put(SharedQueue& queue, Patience patience) {
    if (!has_letters_left()) return 0;
    auto bytes = room(0, next_size());
    write_letter(letter(place_.begun), bytes);
    begin_letters(1);
    const auto done = timed([&] { return queue.put(bytes, patience); });
    return end_letters(1, is_done(done, queue) ? 1 : 0);
}

std::size_t Correspondent::put_several(SharedQueue& queue, Patience patience) {
    const auto left = book_.letters_each() - place_.begun;
    const auto count = std::min<std::uint64_t>(left, post_.queues > 1 ? 1 : several);
    if (count == 0) return 0;
    std::array<std::span<const std::byte>, several> letters;
    for (std::size_t i = 0; i < count; ++i) {
        auto bytes = room(i, next_size());
        write_letter(letter(place_.begun + i), bytes);
        letters[i] = bytes;
    }
    begin_letters(count);
    const auto done =
        timed([&] { return queue.put_many(std::span{letters}.first(count), patience); });
    return end_letters(count, is_done(done, queue) ? *done : 0);
}

std::size_t Correspondent::put_in_place(SharedQueue& queue, Patience patience) {
    if (!has_letters_left()) return 0;
    const auto size = next_size();
    begin_letters(1);
    const auto reserved = timed([&] { return queue.reserve(size, patience); });
    if (!is_done(reserved, queue)) return end_letters(1, 0);
    write_letter(letter(place_.begun - 1), reserved->room);
    linger();
    return end_letters(1, is_done(queue.commit(*reserved, size), queue) ? 1 : 0);
}

void Correspondent::change_mind(SharedQueue& queue, Patience patience) {
    const auto size = next_size();
    begin(Act::putting, 0);
    const auto reserved = timed([&] { return queue.reserve(size, patience); });
    if (is_done(reserved, queue)) {
        std::ranges::fill(reserved->room, std::byte{0xee});
        linger();
        is_done(queue.abandon(*reserved), queue);
    }
    end();
}

std::size_t Correspondent::get(SharedQueue& queue, std::uint32_t number, Patience patience) {
    auto bytes = room(0, post_.largest);
    begin(Act::copying, 1);
    const auto size = timed([&] { return queue.get(bytes, patience); });
    const bool is_got = is_done(size, queue);
    if (is_got) was_got(bytes.first(*size), number);
    end();
    return is_got ? 1 : 0;
}

std::size_t Correspondent::get_several(SharedQueue& queue, std::uint32_t number,
                                       Patience patience) {
    std::array<client::Filled, several> rooms;
    for (std::size_t i = 0; i < several; ++i) rooms[i].room = room(i, post_.largest);
    begin(Act::copying, several);
    const auto done = timed([&] { return queue.get_many(rooms, patience); });
    const auto count = is_done(done, queue) ? *done : 0;
    for (const auto& filled : std::span{rooms}.first(count))
        was_got(filled.room.first(filled.size), number);
    end();
    return count;
}

std::size_t Correspondent::get_in_place(SharedQueue& queue, std::uint32_t number,
                                        Patience patience) {
    begin(Act::peeking, 1);
    const auto message = timed([&] { return queue.peek(patience); });
    const bool is_got = is_done(message, queue);
    if (is_got) {
        linger();
        begin(Act::holding, 1);
        was_got(message->bytes, number);
        linger();
        is_done(queue.acknowledge(*message), queue);
    }
    end();
    return is_got ? 1 : 0;
}

std::size_t Correspondent::forsake(SharedQueue& queue, std::uint32_t number, Patience patience) {
    begin(Act::peeking, 1);
    const auto message = timed([&] { return queue.peek(patience); });
    const bool is_taken = is_done(message, queue);
    const auto letter = is_taken ? open_letter(message->bytes, number) : std::nullopt;
    if (letter) book_.note_forsaken(letter->sender, letter->number);
    end();
    return is_taken ? 1 : 0;
}

std::uint32_t Correspondent::chance(std::uint32_t below) {
    return static_cast<std::uint32_t>(chance_() % below);
}

std::size_t Correspondent::next_size() {
    return post_.smallest + chance(post_.largest - post_.smallest + 1);
}

std::span<std::byte> Correspondent::room(std::size_t index, std::size_t size) {
    return std::span{rooms_}.subspan(index * post_.largest, size);
}

Letter Correspondent::letter(std::uint64_t number) const {
    return {.queue = static_cast<std::uint32_t>(number % post_.queues),
            .sender = static_cast<std::uint32_t>(post_.place),
            .number = number};
}

void Correspondent::begin_letters(std::size_t count) {
    begin(Act::putting, count);
    place_.begun += count;
}

// Of those that were begun, the first `put` are in line, and the others never will be.
std::size_t Correspondent::end_letters(std::size_t count, std::size_t put) {
    place_.begun -= count - put;
    const auto sender = static_cast<std::uint32_t>(post_.place);
    for (auto number = place_.begun - put; number < place_.begun; ++number)
        book_.note_put(sender, number);
    place_.put += put;
    end();
    return put;
}

std::optional<Letter> Correspondent::open_letter(std::span<const std::byte> bytes,
                                                 std::uint32_t queue) {
    const auto letter = read_letter(bytes);
    if (!letter) {
        complain(place_, fmt::format("a message of {} bytes is spoilt", bytes.size()));
        return std::nullopt;
    }
    if (letter->queue != queue || letter->sender >= book_.places().size() ||
        letter->number >= book_.places()[letter->sender].begun) {
        complain(place_, fmt::format("queue {} has letter {} of {} for queue {}, which nobody sent",
                                     queue, letter->number, letter->sender, letter->queue));
        return std::nullopt;
    }
    auto& awaited = awaited_[letter->queue * book_.places().size() + letter->sender];
    if (post_.order == Order::kept && letter->number < awaited)
        complain(place_, fmt::format("letter {} of {} came after its letter {}", letter->number,
                                     letter->sender, awaited - 1));
    awaited = letter->number + 1;
    return letter;
}

void Correspondent::was_got(std::span<const std::byte> bytes, std::uint32_t queue) {
    if (const auto letter = open_letter(bytes, queue)) {
        book_.note_got(letter->sender, letter->number);
        ++place_.got;
    }
}

}  // namespace ccd::stress
