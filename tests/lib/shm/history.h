// What several processes did to one queue, and whether a queue can have done that.
//
// A history is linearizable if each operation can have happened at one moment between its call and
// its return, in an order that a single queue would show. Where no value is put twice that is so
// exactly if none of four rules is broken:
//
//   fresh    what is taken was put, and not only after the take had returned
//   repeat   nothing is taken twice
//   order    of two values, one put before the put of the other was called, it is not the later one
//            alone that is taken, or that is taken before the take of the earlier one was called
//   witness  a take that found nothing had a moment at which no value was surely in line, that is
//            with its put returned and its take not called
//
// The rules are those of Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability proofs",
// CONCUR 2013. Each is checked by sorting; another way to do it in n log n, and for more than
// queues, is in Lee and Mathur, arXiv 2410.04581.
//
// Who was killed leaves an operation that never returns. Such a put may have happened or not. Such
// a take may have taken one of the values that are missing, and nobody knows which. But the earlier
// the put of a value returned, the earlier a take must have been called to account for the value;
// and the earlier a take was called, the more values it may account for. So the first take gets the
// first value, the second the second, and so on: if any way to pair them breaks no rule, this one
// breaks none.
//
// Operations of which one returned at the very moment at which the other was called overlap.
//
// Thread: any; all here are values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ccd::shm {

using Value = std::uint64_t;

// Of any clock that is the same for all.
using Instant = std::chrono::nanoseconds;
inline constexpr Instant never = Instant::max();

struct Operation {
    enum class Kind : std::uint8_t { put, take };

    Kind kind = Kind::put;
    std::optional<Value> value;  // of a take: none if it found nothing, or never returned
    Instant invoked{};
    Instant returned = never;
};

using History = std::vector<Operation>;

// A sentence that begins with the name of the first rule that is broken. In n log n.
// REQUIRES: no operation returned before it was called; a put has a value, a take that never
// returned has none.
std::optional<std::string> violation(std::span<const Operation> history);

}  // namespace ccd::shm
