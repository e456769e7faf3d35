// How long to look away when there is nothing.
//
// Who looks at once again takes the cache lines from who is about to bring the next message, and
// both crawl from one message to the next. Looking away for a moment lets some gather, and lines
// that hold several of them travel once. But where they come one by one, as answers do, each moment
// is lost. So the pace follows what is found: as long as several have gathered it grows, where one
// alone comes it shrinks to nothing, and now and then a longer one is tried.
//
// Owner: one user of a queue, one for each direction.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ccd::shm {

class Pace {
public:
    // Something was found.
    void found() { ++found_; }

    // Nothing was: so many pauses until the next look, from which the count of what is found
    // begins anew.
    std::uint32_t next() {
        if (found_ >= several)
            pauses_ = std::clamp(2 * tried_, least, most);
        else if (found_ <= 1)
            pauses_ /= 2;
        found_ = 0;
        tried_ = ++looks_ % looks_per_trial == 0 ? std::max(pauses_, trial) : pauses_;
        return tried_;
    }

private:
    static constexpr std::uint32_t several = 4;
    static constexpr std::uint32_t least = 8;
    static constexpr std::uint32_t most = 128;
    static constexpr std::uint32_t trial = 32;
    static constexpr std::uint32_t looks_per_trial = 64;

    std::uint32_t pauses_ = 0;
    std::uint32_t tried_ = 0;
    std::uint32_t found_ = 0;
    std::uint32_t looks_ = 0;
};

}  // namespace ccd::shm
