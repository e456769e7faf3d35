#include "tests/bench/redis_benchmark.h"

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <string>

namespace ccd::bench {
namespace {

const std::string head =
    "WARNING: Could not fetch server CONFIG\n"
    R"("test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms")"
    "\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_benchmark)

BOOST_AUTO_TEST_CASE(the_rate_is_the_second_field_of_the_last_line) {
    auto rate =
        parse_redis_benchmark(head + R"("GET key","124688.28","0.206","0.064","0.207")" + "\n");
    BOOST_TEST(rate.value() == 124688.28);
}

BOOST_AUTO_TEST_CASE(what_tells_no_rate_is_refused) {
    for (const auto& said : {std::string{}, std::string{"Could not connect to Redis\n"}, head,
                             head + R"("GET key","inf","0.1")", head + R"("GET key","0.00","0.1")",
                             head + R"("GET key)", head + R"("GET key",")"})
        BOOST_TEST(!parse_redis_benchmark(said).has_value(), said);
}

BOOST_AUTO_TEST_CASE(where_it_is_not_installed_that_is_told) {
    std::string path = ::getenv("PATH");
    ::setenv("PATH", "/nowhere", 1);
    auto refused = run_redis_benchmark({.socket = "/nowhere/s", .command = {"PING"}}, 1);
    ::setenv("PATH", path.c_str(), 1);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::not_found));
    BOOST_TEST(refused.error().message == "'redis-benchmark' is not installed");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench
