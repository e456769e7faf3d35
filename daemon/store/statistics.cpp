#include "daemon/store/statistics.h"

#include <algorithm>

namespace ccd::store {

void Counters::committed(std::uint64_t batches, std::uint64_t rows, Micros duration) {
    add(commits_, 1);
    add(batches_, batches);
    add(rows_, rows);
    add(commit_time_, static_cast<std::uint64_t>(duration.count()));
    const auto* bound = std::ranges::lower_bound(commit_bounds, duration);
    add(commit_times_[static_cast<std::size_t>(bound - commit_bounds.begin())], 1);
}

void Counters::set_busy_since(std::optional<Time> time) {
    busy_since_.store(time ? time->time_since_epoch().count() : not_busy,
                      std::memory_order_relaxed);
}

Statistics Counters::read() const {
    const auto get = [](const Number& number) { return number.load(std::memory_order_relaxed); };
    // Ended before sent, or a batch between the two readings would count as minus one.
    const std::uint64_t ended = get(ended_);
    Statistics now{
        .commits = get(commits_),
        .batches = get(batches_),
        .rows = get(rows_),
        .retries = get(retries_),
        .failures = get(failures_),
        .checkpoints = get(checkpoints_),
        .failed_checkpoints = get(failed_checkpoints_),
        .commit_time = Micros{static_cast<Micros::rep>(get(commit_time_))},
        .log_size = Bytes{get(log_size_)},
        .waiting = std::max(get(sent_), ended) - ended,
        .is_open = is_open_.load(std::memory_order_relaxed),
        .is_between_tries = between_tries_.load(std::memory_order_relaxed),
    };
    std::ranges::transform(commit_times_, now.commit_times.begin(), get);
    if (const Micros::rep since = busy_since_.load(std::memory_order_relaxed); since != not_busy) {
        now.busy_since = Time{Micros{since}};
    }
    return now;
}

}  // namespace ccd::store
