#include "tests/daemon/service/plain_machine.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ccd::plain {
namespace {

std::string what_lacks_the_last(const Card& card, std::size_t index,
                                const std::vector<Placed>& placed) {
    std::uint32_t training = 0, inference = 0, jobs = 0;
    std::uint64_t gib = 0;
    bool is_exclusive = false;
    const auto& last = *placed.back().job;
    for (const auto& one : placed) {
        if ((one.cards >> index & 1U) == 0) continue;
        ++jobs;
        ++(one.job->is_inference ? inference : training);
        gib += one.job->gib;
        is_exclusive = is_exclusive || one.job->is_exclusive;
    }
    auto on = " on card " + std::to_string(index);
    // Nobody waits for what he does not use.
    if (training > card.training && !last.is_inference) return "training slots" + on;
    if (inference > card.inference && last.is_inference) return "inference slots" + on;
    if (gib > card.gib && last.gib > 0) return "memory" + on;
    if (is_exclusive && jobs > 1) return "an exclusive job is not alone" + on;
    return {};
}

}  // namespace

std::string what_lacks_the_last(const Machine& machine, const std::vector<Placed>& placed) {
    const auto& last = placed.back();
    std::uint64_t cores = 0, memory = 0, without_cards = 0;
    for (const auto& one : placed) {
        cores += one.job->cores;
        memory += one.job->memory;
        if (one.job->cards == 0) ++without_cards;
    }
    if (last.job->cores > 0 && cores > machine.cores) return "cores";
    if (last.job->memory > 0 && memory > machine.memory) return "memory";
    if (last.cards == 0 && without_cards > machine.without_cards) return "jobs without cards";
    for (std::size_t i = 0; i < machine.cards.size(); ++i)
        if ((last.cards >> i & 1U) != 0)
            if (auto over = what_lacks_the_last(machine.cards[i], i, placed); !over.empty())
                return over;
    return {};
}

std::string what_is_over(const Machine& machine, const std::vector<Placed>& placed) {
    std::vector<Placed> turned = placed;
    for (std::size_t i = 0; i < placed.size(); ++i) {
        std::ranges::rotate(turned, turned.begin() + 1);
        if (auto over = what_lacks_the_last(machine, turned); !over.empty()) return over;
    }
    return {};
}

std::vector<Cards> choices(const Machine& machine, const std::vector<Placed>& placed,
                           const Job& job, std::size_t most) {
    std::vector<Cards> found;
    auto beside = placed;
    beside.push_back({.job = &job, .cards = 0});
    auto allowed = job.only != 0 ? job.only : ~Cards{0};
    auto all = job.cards == 0 ? Cards{1} : Cards{1} << machine.cards.size();
    for (Cards cards = 0; cards < all && found.size() < most; ++cards) {
        if (std::cmp_not_equal(std::popcount(cards), job.cards) || (cards & ~allowed) != 0)
            continue;
        beside.back().cards = cards;
        if (what_lacks_the_last(machine, beside).empty()) found.push_back(cards);
    }
    return found;
}

bool fits(const Machine& machine, const std::vector<Placed>& placed, const Job& job) {
    return !choices(machine, placed, job, 1).empty();
}

std::vector<Placed> after(const std::vector<Placed>& placed, Seconds time) {
    std::vector<Placed> left;
    for (const auto& one : placed)
        if (one.ends > time) left.push_back(one);
    return left;
}

Seconds time_of(const Machine& machine, const std::vector<Placed>& placed, const Job& job,
                Seconds now) {
    std::vector<Seconds> times{now};
    for (const auto& one : placed)
        if (one.ends != never) times.push_back(std::max(one.ends, now));
    std::ranges::sort(times);
    // Once all have left who ever will, nobody else does.
    if (!fits(machine, after(placed, times.back()), job)) return never;
    for (auto time : times)
        if (fits(machine, after(placed, time), job)) return time;
    return never;
}

bool share_anything(const Job& a, const Job& b) {
    return (a.cards > 0) == (b.cards > 0) || (a.cores > 0 && b.cores > 0) ||
           (a.memory > 0 && b.memory > 0);
}

}  // namespace ccd::plain
