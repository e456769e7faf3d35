#include "tests/harness/statistics.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace ccd::harness {

double median(std::span<const double> values) {
    assert(!values.empty());
    std::vector<double> sorted(values.begin(), values.end());
    std::ranges::sort(sorted);
    auto middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

void Histogram::add(const Histogram& other) {
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket)
        counts_[bucket] += other.counts_[bucket];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
}

Nanos Histogram::quantile(double share) const {
    if (total_ == 0) return Nanos{0};
    auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    rank = std::clamp<std::uint64_t>(rank, 1, total_);
    std::size_t bucket = 0;
    for (std::uint64_t seen = counts_[0]; seen < rank; seen += counts_[bucket]) ++bucket;
    return Nanos{std::min(slowest_of(bucket), max_)};
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> filled;
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket)
        if (counts_[bucket] > 0)
            filled.push_back({Nanos{std::min(slowest_of(bucket), max_)}, counts_[bucket]});
    return filled;
}

std::size_t Histogram::bucket_of(std::uint64_t value) {
    auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= exact_bits) return value;
    // The bits below the leading one, as many as there are buckets to an octave.
    auto step = (value >> (width - 1 - octave_bits)) - (1U << octave_bits);
    return (1U << exact_bits) + (width - 1 - exact_bits) * (1U << octave_bits) + step;
}

std::uint64_t Histogram::slowest_of(std::size_t bucket) {
    if (bucket < (1U << exact_bits)) return bucket;
    auto above = bucket - (1U << exact_bits);
    auto octave = above >> octave_bits;
    auto step = (above & ((1U << octave_bits) - 1)) + (1U << octave_bits);
    return ((step + 1) << (octave + exact_bits - octave_bits)) - 1;
}

}  // namespace ccd::harness
