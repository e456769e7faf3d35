// Durations by size: how many were how long, in buckets that are at most 1/8 wider than their
// lower end. Adding is a shift and an increment; quantiles err by at most one bucket.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "ccd/host.h"
#include "ccd/time.h"

namespace ccd::service {

class Histogram {
public:
    void add(Micros duration, std::uint64_t times = 1) {
        auto value = duration.count() < 0 ? 0 : static_cast<std::uint64_t>(duration.count());
        buckets_[bucket_of(value)] += times;
        count_ += times;
    }

    std::uint64_t count() const { return count_; }

    // The duration that `share` of all do not exceed, in seconds; 0 without any.
    double quantile(double share) const {
        auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen > rank || (seen == count_ && count_ > 0))
                return static_cast<double>(upper_end(i)) * 1e-6;
        }
        return 0;
    }

    host::Quantiles quantiles() const { return {.p50 = quantile(0.5), .p99 = quantile(0.99)}; }

private:
    static constexpr unsigned fine_bits = 3;  // eight buckets a doubling
    static constexpr std::size_t size = (64 - fine_bits + 1) << fine_bits;

    static constexpr std::size_t bucket_of(std::uint64_t value) {
        if (value < (1U << fine_bits)) return value;
        auto top = static_cast<unsigned>(std::bit_width(value)) - 1;
        auto fine = value >> (top - fine_bits) & ((1U << fine_bits) - 1);
        return ((top - fine_bits + 1) << fine_bits) + fine;
    }
    static constexpr std::uint64_t upper_end(std::size_t bucket) {
        if (bucket < (1U << fine_bits)) return bucket;
        auto top = (bucket >> fine_bits) + fine_bits - 1;
        auto fine = (bucket & ((1U << fine_bits) - 1)) + 1;
        return (std::uint64_t{1} << top) + (std::uint64_t{fine} << (top - fine_bits));
    }

    std::array<std::uint64_t, size> buckets_{};
    std::uint64_t count_ = 0;
};

}  // namespace ccd::service
