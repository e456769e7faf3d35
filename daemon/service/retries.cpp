#include "daemon/service/retries.h"

#include <algorithm>

#include "daemon/store/batch.h"

namespace ccd::service {
namespace {

using store::bit_of;

constexpr Millis longest{3'600'000};
constexpr std::uint32_t most_doublings = 32;

// SplitMix64 (Steele, Lea and Flood, 2014): every bit of the result hangs on every bit of `value`.
std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e37'79b9'7f4a'7c15;
    value = (value ^ value >> 30) * 0xbf58'476d'1ce4'e5b9;
    value = (value ^ value >> 27) * 0x94d0'49bb'1331'11eb;
    return value ^ value >> 31;
}

std::uint32_t bit_of(job::End end) {
    switch (end) {
        case job::End::exit:
            return bit_of(job::RetryOn::exit);
        case job::End::signal:
            return bit_of(job::RetryOn::signal);
        case job::End::out_of_memory:
            return bit_of(job::RetryOn::out_of_memory);
        case job::End::not_started:
            return bit_of(job::RetryOn::not_started);
        case job::End::time_limit:
            return bit_of(job::RetryOn::timed_out);
        case job::End::lost:
            return bit_of(job::RetryOn::lost);
        case job::End::cancelled:
            return 0;
    }
    return 0;
}

}  // namespace

job::End end_of(const Outcome& outcome, job::State to) {
    using Kind = Outcome::Kind;
    if (to == job::State::cancelled) return job::End::cancelled;
    if (to == job::State::timed_out) return job::End::time_limit;
    if (outcome.kind == Kind::lost) return job::End::lost;
    if (outcome.kind != Kind::ended) return job::End::not_started;
    if (outcome.cause == Outcome::Cause::memory) return job::End::out_of_memory;
    return outcome.signal ? job::End::signal : job::End::exit;
}

std::uint32_t bits_of(std::span<const job::RetryOn> retry_on) {
    std::uint32_t bits = 0;
    for (auto on : retry_on) bits |= bit_of(on);
    return bits;
}

bool is_retried(std::uint32_t bits, job::State to, job::End end) {
    if (to == job::State::succeeded || to == job::State::cancelled) return false;
    if (to == job::State::failed && (bits & bit_of(job::RetryOn::failed)) != 0) return true;
    return (bits & bit_of(end)) != 0;
}

Millis back_off(Millis first, job::Id id, std::uint32_t attempt) {
    auto doublings = std::min(std::max(attempt, 1U) - 1, most_doublings);
    auto most = std::max(first, longest).count();
    auto base = first.count() > most >> doublings ? most : first.count() << doublings;
    // In thousandths, from 750 to 1250.
    auto part = 750 + static_cast<std::int64_t>(mixed(id ^ std::uint64_t{attempt} << 48) % 501);
    return Millis{base / 1'000 * part + base % 1'000 * part / 1'000};
}

}  // namespace ccd::service
