// A machine as a page of paper would describe it: who is on it, and whether another fits.
//
// Everything is counted anew from who is there, at each question, and nothing of daemon/service is
// used: what it says can be held against what the rules have done.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace ccd::plain {

using Seconds = std::int64_t;
inline constexpr Seconds never = std::numeric_limits<Seconds>::max();

using Cards = std::uint32_t;  // a bit for each, by index

struct Card {
    std::uint64_t gib = 0;  // that jobs may declare
    std::uint32_t training = 1;
    std::uint32_t inference = 1;
};

struct Machine {
    std::vector<Card> cards;
    std::uint32_t cores = 1;
    std::uint64_t memory = 1;
    std::uint32_t without_cards = 1;  // jobs at once
};

struct Job {
    std::uint64_t id = 0;
    std::uint32_t uid = 0;
    std::int32_t priority = 0;
    bool is_inference = false;
    bool is_exclusive = false;
    std::uint32_t cards = 0;
    std::uint64_t gib = 0;  // on each card
    std::uint32_t cores = 0;
    std::uint64_t memory = 0;
    Cards only = 0;  // those it insists on; 0: any
    std::string pool;
    std::uint64_t array = 0;
    std::uint32_t array_limit = 0;
    Seconds submitted = 0;
    Seconds limit = never;
    Seconds lasts = 1;
};

// A job on the machine.
struct Placed {
    const Job* job = nullptr;
    Cards cards = 0;
    Seconds ends = never;  // at the latest, as far as anybody knows
};

// What there is too little of: "" where everybody fits.
std::string what_is_over(const Machine& machine, const std::vector<Placed>& placed);
// The same, but only of what the last one uses.
std::string what_lacks_the_last(const Machine& machine, const std::vector<Placed>& placed);

// The choices of cards with which a job fits beside those who are there: so many at most.
std::vector<Cards> choices(const Machine& machine, const std::vector<Placed>& placed,
                           const Job& job, std::size_t most = 64);
bool fits(const Machine& machine, const std::vector<Placed>& placed, const Job& job);

// Those who are still there after this time.
std::vector<Placed> after(const std::vector<Placed>& placed, Seconds time);

// When a job fits at the latest, if everybody leaves by his limit; never: nobody knows.
Seconds time_of(const Machine& machine, const std::vector<Placed>& placed, const Job& job,
                Seconds now);

// Whether both use the same kind of thing.
bool share_anything(const Job& a, const Job& b);

}  // namespace ccd::plain
