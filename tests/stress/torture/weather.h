// Whether the daemon is there, for clients that wait for it.
//
// Thread: any. One thread, which starts and kills the daemon, tells the others.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "daemon/service/transitions.h"
#include "tests/stress/torture/coverage.h"

namespace ccd::stress {

class Weather {
public:
    void daemon_is_up() {
        const std::scoped_lock lock{mutex_};
        ++starts_;
        changed_.notify_all();
    }
    // Nothing more is to be asked for.
    void is_over() {
        const std::scoped_lock lock{mutex_};
        over_ = true;
        changed_.notify_all();
    }
    bool over() const { return over_; }

    // Returns once the daemon was started more often than that, or it is over: how often it was.
    std::uint64_t wait_for_start(std::uint64_t seen) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return starts_ > seen || over_; });
        return starts_;
    }

    // What nobody was caught at yet: clients do more of what leads there.
    void set_wanted(const Coverage& coverage) {
        std::uint64_t wanted = 0;
        for (std::size_t row = 0; row < Coverage::rows; ++row) {
            const auto& transition = service::transitions[row];
            if (coverage.is_wanted(transition.from, transition.to))
                wanted |= std::uint64_t{1} << row;
        }
        wanted_ = wanted;
    }
    bool is_wanted(job::State from, job::State to) const {
        for (std::size_t row = 0; row < Coverage::rows; ++row)
            if (service::transitions[row].from == from && service::transitions[row].to == to)
                return (wanted_ >> row & 1) != 0;
        return false;
    }

private:
    static_assert(Coverage::rows <= 64);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t starts_ = 0;
    std::atomic<bool> over_{false};
    std::atomic<std::uint64_t> wanted_{~std::uint64_t{0}};
};

}  // namespace ccd::stress
