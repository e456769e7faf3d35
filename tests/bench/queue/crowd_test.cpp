#include "tests/bench/queue/crowd.h"

#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/bench/queue/counters.h"

namespace ccd::bench::queue {
namespace {

using namespace std::chrono_literals;

constexpr harness::Nanos late = 1min;

[[noreturn]] void stay() {
    for (;;) ::pause();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crowd)

BOOST_AUTO_TEST_CASE(what_is_counted_in_each_process_is_seen_outside) {
    const auto counters = Counters::create(3).value();
    Crowd crowd{3};
    for (std::size_t i = 0; i < 3; ++i)
        BOOST_TEST_REQUIRE(crowd.add([&] { counters[i].messages.store(10 + i); }).has_value());
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(crowd.await_end(i, late).has_value());
    BOOST_TEST(counters.messages() == 33U);
}

BOOST_AUTO_TEST_CASE(an_end_is_told_while_it_is_watched) {
    Crowd crowd{2};
    BOOST_TEST_REQUIRE(crowd.add(&stay).has_value());
    BOOST_TEST(crowd.watch(1ms).has_value());
    BOOST_TEST_REQUIRE(crowd.add([] { ::_exit(7); }).has_value());
    const auto refused = crowd.watch(late);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message == "a process ended with exit code 7");
}

BOOST_AUTO_TEST_CASE(who_does_not_end_in_time_is_told) {
    Crowd crowd{1};
    BOOST_TEST_REQUIRE(crowd.add(&stay).has_value());
    const auto refused = crowd.await_end(0, 1ms);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::timeout));
}

BOOST_AUTO_TEST_CASE(nobody_outlives_the_crowd) {
    const auto counters = Counters::create(1).value();
    {
        Crowd crowd{1};
        BOOST_TEST_REQUIRE(crowd
                               .add([&] {
                                   counters[0].messages.store(
                                       static_cast<std::uint64_t>(::getpid()));
                                   stay();
                               })
                               .has_value());
        while (counters.messages() == 0) BOOST_TEST_REQUIRE(crowd.watch(1ms).has_value());
    }
    BOOST_TEST(::kill(static_cast<pid_t>(counters.messages()), 0) == -1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench::queue
