// Units of time and size. The unit is in the type, never in the name.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace ccd {

using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;

// A moment on the monotonic clock: deadlines and latencies in memory.
using Time = std::chrono::time_point<std::chrono::steady_clock, Micros>;

// A moment of the calendar: what people see and what is on disk. Milliseconds since 1970, UTC.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Millis>;

// Both clocks, read together once per turn. Rules take deadlines from `time` and stamp records
// with `wall`, so a stepped calendar fires nothing and loses nothing.
struct Now {
    Time time;
    WallTime wall;

    friend Now operator+(Now now, std::chrono::nanoseconds later) {
        now.time += std::chrono::duration_cast<Micros>(later);
        now.wall += std::chrono::duration_cast<Millis>(later);
        return now;
    }
};

// An amount of memory or storage, in bytes.
struct Bytes {
    std::uint64_t count = 0;
    auto operator<=>(const Bytes&) const = default;
};

inline constexpr Bytes operator""_MiB(unsigned long long n) {
    return Bytes{n << 20};
}
inline constexpr Bytes operator""_GiB(unsigned long long n) {
    return Bytes{n << 30};
}

}  // namespace ccd
