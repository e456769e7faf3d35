// What the processes of a scenario put and got, in memory that they share and that outlives them.
//
// Each process has a place, and notes what it is about before it begins and what came of it
// afterwards. So whenever it is killed, the book says of how many letters it is not known what has
// become of them, and of no others.
//
// Thread: any, of any process; but a place is written by the one process that has it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ccd/result.h"
#include "tests/stress/report.h"

namespace ccd::stress {

enum class Act : std::uint32_t {
    none,
    putting,
    peeking,  // may have a letter, which is not noted
    holding,  // has had one, which may be noted, and acknowledged after that
    copying,  // may have letters, which may be acknowledged, and are noted after that
};

std::string_view describe(Act act);

// Times that several processes note at once: too long by a sixteenth at most.
class SharedHistogram {
public:
    void record(harness::Nanos time);
    void add_to(harness::Histogram& histogram) const;

private:
    static constexpr unsigned octave_bits = 4;
    static constexpr std::size_t bucket_count = 64U << octave_bits;

    std::array<std::atomic<std::uint64_t>, bucket_count> counts_;
};

struct Place {
    using Number = std::atomic<std::uint64_t>;

    alignas(64) std::atomic<Act> act;
    Number at_hand;    // letters that the act is about, at most
    Number begun;      // letters with a lower number may have been put
    Number put;        // of them, those that are known to be
    Number got;        // noted ones
    Number steps;      // acts that came to an end, whatever that was
    Number quiet;      // not zero: it will put no more
    Number created;    // queues
    Number destroyed;  // queues
    Number errors;
    std::array<char, 240> first_error;
    SharedHistogram latency;
};

// What has become of the letters.
struct Inventory {
    std::uint64_t put = 0;       // known to be
    std::uint64_t open = 0;      // begun; the sender died before it was told
    std::uint64_t got = 0;       // once or more
    std::uint64_t again = 0;     // times that one was got after the first
    std::uint64_t forsaken = 0;  // taken by one who detached without having acknowledged it
    std::uint64_t missing = 0;   // put, and neither got nor forsaken
};

class Book {
public:
    static Result<Book> open(std::size_t places, std::uint64_t letters_each);

    Book(Book&& other) noexcept
        : memory_(std::exchange(other.memory_, {})),
          places_(std::exchange(other.places_, {})),
          letters_each_(other.letters_each_) {}
    Book& operator=(Book&&) = delete;
    ~Book();

    std::span<Place> places() const { return places_; }
    std::uint64_t letters_each() const { return letters_each_; }

    // Noted by the sender once he knows, and by who gets it. REQUIRES: sender < places().size(),
    // number < letters_each().
    void note_put(std::uint32_t sender, std::uint64_t number);
    void note_got(std::uint32_t sender, std::uint64_t number);
    void note_forsaken(std::uint32_t sender, std::uint64_t number);

    // Of the letters whose number leaves the rest `queue` when divided by `queues`. When nobody
    // writes.
    Inventory inventory(std::uint64_t queue = 0, std::uint64_t queues = 1) const;

    // What all together have got, or done.
    std::uint64_t sum(Place::Number Place::*number) const;
    // Letters as operations, and what went wrong.
    Tally tally() const;

    // They are to come to their end.
    bool is_over() const { return over_flag().load() != 0; }
    void set_over() { over_flag().store(1); }

private:
    using Mark = std::atomic<std::uint8_t>;

    Book(std::span<std::byte> memory, std::size_t places, std::uint64_t letters_each);

    std::atomic<std::uint32_t>& over_flag() const;
    Mark& mark(std::uint32_t sender, std::uint64_t number) const;

    std::span<std::byte> memory_;  // empty: moved from
    std::span<Place> places_;
    std::uint64_t letters_each_;
};

// Something is not as it should be; the first sentence is kept.
void complain(Place& place, std::string_view what);

}  // namespace ccd::stress
