#include "ctl/health.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;

BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(the_exit_code_is_the_status) {
    BOOST_TEST(ctl::exit_code_of(host::HealthReply{.status = "healthy"}) == 0);
    BOOST_TEST(ctl::exit_code_of(host::HealthReply{.status = "degraded"}) == 1);
    BOOST_TEST(ctl::exit_code_of(host::HealthReply{.status = "unhealthy"}) == 2);
    BOOST_TEST(ctl::exit_code_of(host::HealthReply{.status = "of a newer daemon"}) == 2);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_does_not_answer_is_unhealthy_and_says_why) {
    Error error{.code = Errc::unreachable, .message = "no daemon answers"};
    auto reply = ctl::health_without_daemon(error, WallTime{Millis{5}});
    BOOST_TEST(reply.status == "unhealthy");
    BOOST_TEST(reply.database == "disconnected");
    BOOST_TEST((reply.timestamp == WallTime{Millis{5}}));
    BOOST_TEST_REQUIRE(reply.parts.size() == 1U);
    BOOST_TEST(reply.parts[0].detail == "no daemon answers");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
