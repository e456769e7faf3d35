#include "tests/lib/shm/history.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace ccd::shm {
namespace {

using Broken = std::optional<std::string>;

struct Interval {
    Instant invoked = never;
    Instant returned = never;
};

// The way of a value through the queue.
struct Life {
    Value value = 0;
    Interval put;
    Interval take;

    bool is_taken() const { return take.invoked != never; }
};

// A history, taken apart.
struct Acts {
    std::vector<Life> lives;           // by value; without their takes
    std::vector<Operation> takes;      // by value, which they have
    std::vector<Interval> empty;       // takes that found nothing
    std::vector<Interval> unanswered;  // takes that never returned
};

// Times without a gap at which some value is surely in line, without the first and the last.
struct Full {
    Instant from;
    Instant to;
    Value value = 0;  // the first of them
};

std::string name(Value value) {
    return "value " + std::to_string(value);
}

std::string name(Instant instant) {
    return instant == never ? "never" : std::to_string(instant.count());
}

std::string name(const Interval& interval) {
    return "(" + name(interval.invoked) + " to " + name(interval.returned) + ")";
}

Acts take_apart(std::span<const Operation> history) {
    Acts acts;
    for (const Operation& act : history) {
        const Interval when{.invoked = act.invoked, .returned = act.returned};
        if (act.kind == Operation::Kind::put)
            acts.lives.push_back({.value = act.value.value(), .put = when, .take = {}});
        else if (act.value)
            acts.takes.push_back(act);
        else
            (act.returned == never ? acts.unanswered : acts.empty).push_back(when);
    }
    std::ranges::sort(acts.lives, {}, &Life::value);
    std::ranges::sort(acts.takes, {}, &Operation::value);
    return acts;
}

Broken check_puts(const std::vector<Life>& lives) {
    const auto twice = std::ranges::adjacent_find(lives, {}, &Life::value);
    if (twice == lives.end()) return std::nullopt;
    return "unique: " + name(twice->value) + " was put twice";
}

// Fresh, and repeat: each take finds its life.
Broken marry(std::vector<Life>& lives, const std::vector<Operation>& takes) {
    auto life = lives.begin();
    for (const Operation& take : takes) {
        const Interval when{.invoked = take.invoked, .returned = take.returned};
        const Value value = *take.value;
        life = std::ranges::find_if(life, lives.end(),
                                    [&](const Life& other) { return other.value >= value; });
        if (life == lives.end() || life->value != value)
            return "fresh: " + name(value) + " was taken " + name(when) + " and never put";
        if (when.returned < life->put.invoked)
            return "fresh: " + name(value) + " was taken " + name(when) + " before it was put " +
                   name(life->put);
        if (life->is_taken())
            return "repeat: " + name(value) + " was taken " + name(life->take) + " and " +
                   name(when);
        life->take = when;
    }
    return std::nullopt;
}

std::vector<Life*> sorted(std::vector<Life>& lives, Instant Interval::*moment) {
    std::vector<Life*> pointers;
    pointers.reserve(lives.size());
    for (Life& life : lives) pointers.push_back(&life);
    std::ranges::sort(pointers, {}, [&](const Life* life) { return life->put.*moment; });
    return pointers;
}

// What is missing was taken by who was killed, as far as that goes. Values whose puts never
// returned come last: nothing has to account for them.
void give_out(std::vector<Life>& lives, std::vector<Interval> unanswered) {
    if (unanswered.empty()) return;
    std::ranges::sort(unanswered, {}, &Interval::invoked);
    auto take = unanswered.begin();
    for (Life* life : sorted(lives, &Interval::returned)) {
        if (take == unanswered.end()) return;
        if (!life->is_taken()) life->take = *take++;
    }
}

// For each value the one that is taken last of those that were put before.
Broken check_order(std::vector<Life>& lives) {
    const auto by_return = sorted(lives, &Interval::returned);
    auto before = by_return.begin();
    const Life* last = nullptr;
    for (const Life* later : sorted(lives, &Interval::invoked)) {
        for (; before != by_return.end() && (*before)->put.returned < later->put.invoked; ++before)
            if (!last || last->take.invoked < (*before)->take.invoked) last = *before;
        if (!last || last->take.invoked <= later->take.returned) continue;
        return "order: " + name(last->value) + " was put " + name(last->put) + " before " +
               name(later->value) + " " + name(later->put) + ", and taken " + name(last->take) +
               " after it " + name(later->take);
    }
    return std::nullopt;
}

std::vector<Full> join(std::vector<Life>& lives) {
    std::vector<Full> joined;
    for (const Life* life : sorted(lives, &Interval::returned)) {
        const Full full{.from = life->put.returned, .to = life->take.invoked, .value = life->value};
        if (full.from >= full.to) continue;
        if (joined.empty() || joined.back().to <= full.from)
            joined.push_back(full);
        else
            joined.back().to = std::max(joined.back().to, full.to);
    }
    return joined;
}

Broken check_witnesses(std::vector<Life>& lives, const std::vector<Interval>& empty) {
    const std::vector<Full> joined = join(lives);
    for (const Interval& take : empty) {
        const auto after = std::ranges::lower_bound(joined, take.invoked, {}, &Full::from);
        if (after == joined.begin()) continue;
        const Full& full = *std::prev(after);
        if (full.to <= take.returned) continue;
        return "witness: a take " + name(take) + " found nothing, and something was in line from " +
               name(full.from) + " to " + name(full.to) + ", first " + name(full.value);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> violation(std::span<const Operation> history) {
    Acts acts = take_apart(history);
    if (auto broken = check_puts(acts.lives)) return broken;
    if (auto broken = marry(acts.lives, acts.takes)) return broken;
    give_out(acts.lives, std::move(acts.unanswered));
    if (auto broken = check_order(acts.lives)) return broken;
    return check_witnesses(acts.lives, acts.empty);
}

}  // namespace ccd::shm
