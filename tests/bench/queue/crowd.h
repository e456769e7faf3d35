// Processes that are forked to do one thing each, and killed when there has been enough of it.
//
// They die with us: the kernel kills them when the thread that forked them ends.
//
// Owner: whoever measures; main thread, and no other thread runs. The destructor kills and reaps.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "ccd/result.h"
#include "tests/harness/child.h"
#include "tests/harness/statistics.h"

namespace ccd::bench::queue {

// Ends this process, which is one of a crowd, with a word on standard error.
[[noreturn]] void give_up(const Error& error);

class Crowd {
public:
    // Of so many, at most. Where there is a CPU for each, each has its own, so that no run differs
    // from the next by who shared one; else the kernel places them.
    explicit Crowd(std::size_t size);

    // The process ends well when `work` returns.
    Result<void> add(const std::function<void()>& work);

    // Sleeps for so long. Refuses as soon as one of them has ended, however.
    Result<void> watch(harness::Nanos time);
    // Until the one that was added as the `which`-th, from 0, has ended. Refuses what does not end
    // well, or in time.
    Result<void> await_end(std::size_t which, harness::Nanos patience);

private:
    Result<std::optional<std::size_t>> await_any(harness::Nanos time) const;

    std::vector<int> cpus_;  // empty: the kernel places them
    std::vector<harness::Child> members_;
};

}  // namespace ccd::bench::queue
