#include "tests/stress/queue/chaos.h"

#include <signal.h>

#include <algorithm>
#include <thread>

namespace ccd::stress {
namespace {

constexpr std::uint64_t longest_pause = 12;  // ms, from one strike to the next
constexpr std::uint64_t longest_stop = 400;  // ms
constexpr std::uint64_t killed_at_once = 5;  // at most
constexpr Millis look_pause{5};

}  // namespace

Chaos::Chaos(Book& book, Staff& staff, std::uint64_t seed)
    : book_(book), staff_(staff), chance_(seed), victims_(book.places().size()) {}

Result<std::optional<std::string>> Chaos::rage(harness::Nanos time) {
    const auto end = Clock::now() + time;
    while (Clock::now() < end) {
        std::this_thread::sleep_for(Millis{chance_() % longest_pause});
        resume_some();
        if (auto wrong = look()) return wrong;
        CCD_TRY(strike());
    }
    return std::optional<std::string>{};
}

std::optional<std::string> Chaos::calm_down() {
    for (std::size_t place = 0; place < victims_.size(); ++place) resume(place);
    std::vector<std::uint64_t> before;
    for (const auto& place : book_.places()) before.push_back(place.steps);
    const auto has_gone_on = [&](const Place& place) {
        return place.steps != before[static_cast<std::size_t>(&place - book_.places().data())];
    };
    while (!std::ranges::all_of(book_.places(), has_gone_on)) {
        if (auto wrong = look()) return wrong;
        std::this_thread::sleep_for(look_pause);
    }
    return std::nullopt;
}

Result<void> Chaos::strike() {
    const auto what = chance_() % 16;
    if (what == 0) {
        for (auto left = chance_() % killed_at_once; left > 0; --left) CCD_TRY(kill(anybody()));
        return {};
    }
    if (what < 9) return kill(anybody());
    stop(anybody());
    return {};
}

Result<void> Chaos::kill(std::size_t place) {
    staff_.at(place).kill();
    ++casualties_.killed;
    auto& left = book_.places()[place];
    switch (left.act.exchange(Act::none)) {
        case Act::peeking:
            ++casualties_.peeking;
            break;
        case Act::holding:
            ++casualties_.holding;
            break;
        case Act::copying:
            casualties_.letters_copied += left.at_hand;
            break;
        case Act::none:
        case Act::putting:
            break;
    }
    victims_[place].resumed.reset();
    victims_[place].stillness.forget();
    return staff_.replace(place);
}

void Chaos::stop(std::size_t place) {
    staff_.at(place).send(SIGSTOP);
    ++casualties_.stopped;
    victims_[place].resumed = Clock::now() + Millis{1 + chance_() % longest_stop};
}

void Chaos::resume(std::size_t place) {
    staff_.at(place).send(SIGCONT);
    victims_[place].resumed.reset();
    victims_[place].stillness.forget();
}

void Chaos::resume_some() {
    const auto now = Clock::now();
    for (std::size_t place = 0; place < victims_.size(); ++place)
        if (const auto& due = victims_[place].resumed; due && *due <= now) resume(place);
}

std::optional<std::string> Chaos::look() {
    for (std::size_t place = 0; place < victims_.size(); ++place) {
        if (const auto status = staff_.at(place).wait(Millis{0}))
            return staff_.describe_end(place, *status);
        auto& victim = victims_[place];
        const auto& seen = book_.places()[place];
        if (!victim.resumed && victim.stillness.is_still(seen))
            return describe_stillness(place, seen);
    }
    return std::nullopt;
}

}  // namespace ccd::stress
