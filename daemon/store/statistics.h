// What the store has done so far, and what it is at.
//
// Written by the store thread, read by any, never blocking: the numbers of one reading may be of
// slightly different moments.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "ccd/time.h"

namespace ccd::store {

// Upper bounds of the classes of the histogram of commits; longer ones are in one class more.
inline constexpr std::array commit_bounds{
    Micros{250},     Micros{500},       Micros{1'000},     Micros{2'500},      Micros{5'000},
    Micros{10'000},  Micros{25'000},    Micros{50'000},    Micros{100'000},    Micros{250'000},
    Micros{500'000}, Micros{1'000'000}, Micros{5'000'000}, Micros{30'000'000},
};

struct Statistics {
    std::uint64_t commits = 0;             // transactions that succeeded
    std::uint64_t batches = 0;             // in them
    std::uint64_t rows = 0;                // in these
    std::uint64_t retries = 0;             // of commits
    std::uint64_t failures = 0;            // commits given up
    std::uint64_t checkpoints = 0;         // of the write-ahead log
    std::uint64_t failed_checkpoints = 0;  // survived: the log grows until one succeeds
    Micros commit_time{};                  // of all commits that succeeded
    std::array<std::uint64_t, commit_bounds.size() + 1> commit_times{};
    Bytes log_size;                  // not yet copied from the write-ahead log
    std::uint64_t waiting = 0;       // batches sent and not yet ended
    std::optional<Time> busy_since;  // since when the disk is being used; not between two tries
    bool is_open = false;            // false: down, or not opened yet
    bool is_between_tries = false;   // a commit has failed, and will be tried again
};

class Counters {
public:
    void committed(std::uint64_t batches, std::uint64_t rows, Micros duration);
    void retried() { add(retries_, 1); }
    void set_between_tries(bool is) { between_tries_.store(is, std::memory_order_relaxed); }
    void gave_up() { add(failures_, 1); }
    void checkpointed(bool succeeded) { add(succeeded ? checkpoints_ : failed_checkpoints_, 1); }
    void set_log_size(Bytes size) { log_size_.store(size.count, std::memory_order_relaxed); }
    void set_busy_since(std::optional<Time> time);
    void set_open(bool is_open) { is_open_.store(is_open, std::memory_order_relaxed); }
    void sent() { add(sent_, 1); }
    void ended(std::uint64_t batches) { add(ended_, batches); }

    Statistics read() const;

private:
    // Relaxed everywhere: each number stands for itself, and publishes nothing else.
    using Number = std::atomic<std::uint64_t>;

    static void add(Number& number, std::uint64_t more) {
        number.fetch_add(more, std::memory_order_relaxed);
    }

    Number commits_{0};
    Number batches_{0};
    Number rows_{0};
    Number retries_{0};
    Number failures_{0};
    Number checkpoints_{0};
    Number failed_checkpoints_{0};
    Number commit_time_{0};
    std::array<Number, commit_bounds.size() + 1> commit_times_{};
    Number log_size_{0};
    Number sent_{0};
    Number ended_{0};
    std::atomic<Micros::rep> busy_since_{not_busy};
    std::atomic<bool> is_open_{false};
    std::atomic<bool> between_tries_{false};

    static constexpr Micros::rep not_busy = Micros::min().count();
};

}  // namespace ccd::store
