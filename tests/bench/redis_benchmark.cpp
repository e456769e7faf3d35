#include "tests/bench/redis_benchmark.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/harness/child.h"

namespace ccd::bench {

Result<double> run_redis_benchmark(const RedisBenchmark& benchmark, std::uint64_t requests) {
    auto program = harness::find_in_path("redis-benchmark");
    if (!program) return failure(Errc::not_found, "'redis-benchmark' is not installed");
    harness::Program call{
        .argv = {*program, "-s", benchmark.socket, "-c", std::to_string(benchmark.connections),
                 "-P", std::to_string(benchmark.depth), "-n", std::to_string(requests), "--csv"},
        .environment = {},
        .output = benchmark.output};
    call.argv.insert(call.argv.end(), benchmark.command.begin(), benchmark.command.end());
    std::filesystem::remove(benchmark.output);
    auto status = CCD_TRY(harness::run(call));
    if (status != 0)
        return failure(Errc::internal,
                       "'redis-benchmark' ended with " + harness::describe_status(status));
    std::ifstream file{benchmark.output};
    return parse_redis_benchmark(std::string{std::istreambuf_iterator<char>{file}, {}});
}

// The last line is `"GET key","124688.28",...`; its second field is the rate. A run shorter than
// its clock's millisecond has an infinite one.
Result<double> parse_redis_benchmark(std::string_view said) {
    while (said.ends_with('\n')) said.remove_suffix(1);
    auto line = said.substr(said.find_last_of('\n') + 1);
    constexpr std::string_view between = "\",\"";
    auto at = line.find(between);
    if (line.starts_with('"') && at != std::string_view::npos) {
        line.remove_prefix(at + between.size());
        double rate = 0;
        auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), rate);
        if (error == std::errc{} && std::isfinite(rate) && rate > 0) return rate;
    }
    return failure(Errc::internal, "'redis-benchmark' told no rate");
}

}  // namespace ccd::bench
