// Kills, stops and resumes processes at random moments, and knows what each was about when it died.
//
// Owner: a scenario, main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/stress/queue/staff.h"

namespace ccd::stress {

struct Casualties {
    std::uint64_t killed = 0;
    std::uint64_t stopped = 0;
    // Of the killed, by what they were about.
    std::uint64_t peeking = 0;
    std::uint64_t holding = 0;
    std::uint64_t letters_copied = 0;  // that those may have had who copied
};

class Chaos {
public:
    Chaos(Book& book, Staff& staff, std::uint64_t seed);

    // For so long. A sentence if one does not go on that nobody has stopped, or ends by itself.
    Result<std::optional<std::string>> rage(harness::Nanos time);
    // Nobody is stopped any more. A sentence if one does not go on.
    std::optional<std::string> calm_down();

    const Casualties& casualties() const { return casualties_; }

private:
    using Clock = std::chrono::steady_clock;

    struct Victim {
        Stillness stillness;
        std::optional<Clock::time_point> resumed;  // when it will be; none: it is not stopped
    };

    Result<void> strike();
    Result<void> kill(std::size_t place);
    void stop(std::size_t place);
    void resume(std::size_t place);
    void resume_some();
    std::optional<std::string> look();
    std::size_t anybody() { return chance_() % victims_.size(); }

    Book& book_;
    Staff& staff_;
    std::mt19937_64 chance_;
    std::vector<Victim> victims_;
    Casualties casualties_;
};

}  // namespace ccd::stress
