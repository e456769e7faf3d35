// What each user has had of the cards of late, in GPU-seconds.
//
// A card that is held for a second is one GPU-second, whoever shares it. What was had is halved
// every half-life, so that it is forgotten in time. The sum is kept as of a moment, with the
// number of cards held since; any later value follows from these, so nothing ticks, and nothing is
// kept of single jobs:
//
//     share(t + d) = share(t) * 2^(-d/h) + cards * h/ln 2 * (1 - 2^(-d/h))
//
// On disk it is a setting of the daemon, `share.<uid>`, with the calendar time it is as of; written
// when a job with cards ends. After a restart the jobs that still run are charged from that time
// on, or from their own beginning if it was later.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "ccd/time.h"
#include "daemon/store/batch.h"

namespace ccd::service {

class Shares {
public:
    // Begins anew from what is on disk; nobody holds a card.
    void load(const std::vector<store::SettingWrite>& settings, Now now);

    // REQUIRES: it is more than 0.
    void set_half_life(Millis half_life, Now now);

    // The user holds so many cards more, since a moment that may be past.
    void begin(std::uint32_t uid, std::size_t cards, WallTime since, Now now);
    // He holds so many less.
    void end(std::uint32_t uid, std::size_t cards, Now now);

    double of(std::uint32_t uid, Time now) const;

    // The row that keeps it.
    store::SettingWrite setting(std::uint32_t uid, Now now) const;

private:
    struct Account {
        double gpu_seconds = 0;
        Time as_of{};
        std::size_t cards = 0;
        WallTime kept_until = WallTime::min();  // what was on disk when this began
    };

    double kept(Micros duration) const;
    double grown(std::size_t cards, Micros duration) const;
    double value(const Account& account, Time now) const;
    void bring_up_to(Account& account, Time now) const;

    Millis half_life_{std::chrono::hours{7 * 24}};
    std::map<std::uint32_t, Account> accounts_;
};

}  // namespace ccd::service
