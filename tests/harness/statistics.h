// Medians of runs, and a histogram of latencies.
//
// The histogram has fixed buckets: exact below 128 ns, then 64 to an octave, so that a quantile is
// wrong by less than 1.6 % and recording never allocates.
//
// Thread: none of its own; one Histogram, one thread at a time. Unit: nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace ccd::harness {

using Nanos = std::chrono::nanoseconds;

inline double seconds_of(Nanos time) {
    return std::chrono::duration<double>(time).count();
}

// The middle one, or the mean of the two in the middle. REQUIRES: values is not empty.
double median(std::span<const double> values);

class Histogram {
public:
    Histogram() : counts_(bucket_count, 0) {}

    // Negative times count as none.
    void record(Nanos time, std::uint64_t times = 1) {
        auto value = time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0;
        counts_[bucket_of(value)] += times;
        total_ += times;
        if (value > max_) max_ = value;
    }
    void add(const Histogram& other);

    std::uint64_t total() const { return total_; }
    Nanos max() const { return Nanos{max_}; }
    // The time that this share of all is not slower than; zero if nothing was recorded.
    Nanos quantile(double share) const;

    // Buckets that hold something, the fastest first: the slowest time of each and its count.
    struct Bucket {
        Nanos slowest;
        std::uint64_t count;
    };
    std::vector<Bucket> buckets() const;

private:
    static constexpr unsigned exact_bits = 7;
    static constexpr unsigned octave_bits = 6;
    static constexpr std::size_t bucket_count =
        (1 << exact_bits) + (64 - exact_bits) * (1 << octave_bits);

    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t slowest_of(std::size_t bucket);

    std::vector<std::uint64_t> counts_;
    std::uint64_t total_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace ccd::harness
