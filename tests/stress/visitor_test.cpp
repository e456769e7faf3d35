#include "tests/stress/visitor.h"

#include <boost/test/unit_test.hpp>

#include "ccd/host.h"
#include "ccd/job.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"

namespace ccd::stress {
namespace {

struct Visited {
    Result<harness::PrivateDaemon> daemon = harness::PrivateDaemon::start(
        {.parent = harness::scratch_directory(), .cards = 0, .values = {}});

    Visitor visit() {
        BOOST_TEST_REQUIRE(daemon.has_value(), (daemon ? "" : daemon.error().message));
        auto visitor = Visitor::open(daemon->socket());
        BOOST_TEST_REQUIRE(visitor.has_value());
        return *std::move(visitor);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(visitor)

BOOST_AUTO_TEST_CASE(the_daemon_says_how_long_to_wait) {
    Error error{.code = Errc::over_limit, .message = "later", .retry_after = Millis{700}};
    BOOST_TEST((pause_after(1, error) == Millis{700}));
    BOOST_TEST((pause_after(5, error) == Millis{700}));
}

BOOST_AUTO_TEST_CASE(where_it_says_nothing_each_wait_is_longer) {
    Error error{.code = Errc::unreachable, .message = "gone"};
    BOOST_TEST((pause_after(1, error) > Millis{0}));
    for (unsigned attempt = 1; attempt < attempts; ++attempt)
        BOOST_TEST((pause_after(attempt + 1, error) > pause_after(attempt, error)));
}

BOOST_FIXTURE_TEST_CASE(a_restart_costs_a_retry_and_no_answer, Visited) {
    auto visitor = visit();
    BOOST_TEST(visitor.ask<host::Ping>({}).has_value());
    BOOST_TEST_REQUIRE(daemon->restart().has_value());
    BOOST_TEST(visitor.ask<host::Ping>({}).has_value());
    BOOST_TEST(visitor.tally().operations == 2U);
    BOOST_TEST(visitor.tally().retries == 1U);
    BOOST_TEST(visitor.tally().failed == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_daemon_that_stays_away_is_a_failure_in_the_end, Visited) {
    auto visitor = visit();
    BOOST_TEST_REQUIRE(daemon->stop().has_value());
    BOOST_TEST(!visitor.ask<host::Ping>({}).has_value());
    BOOST_TEST(visitor.tally().retries == attempts - 1);
    BOOST_TEST(visitor.tally().failed == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_is_refused_for_good_is_not_asked_again, Visited) {
    auto visitor = visit();
    auto refused = visitor.ask<job::Status>({.ids = {7}});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(visitor.tally().retries == 0U);
    BOOST_TEST(visitor.tally().first_error == refused.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
