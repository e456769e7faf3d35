// What redis-benchmark gets out of a Redis: the yardstick for our own client, which would flatter
// ccd if it were the weaker one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"

namespace ccd::bench {

struct RedisBenchmark {
    std::string socket;
    std::string output;  // file for what it says
    std::size_t connections = 1;
    std::size_t depth = 1;
    std::vector<std::string> command;
};

// Requests a second, by its own count. Refuses with `not_found` where it is not installed.
Result<double> run_redis_benchmark(const RedisBenchmark& benchmark, std::uint64_t requests);

// The same, from what it says with --csv. Refuses what has no such figure.
Result<double> parse_redis_benchmark(std::string_view said);

}  // namespace ccd::bench
