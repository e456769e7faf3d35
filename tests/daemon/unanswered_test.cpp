// How much of a connection's may be on its way.
#include <boost/test/unit_test.hpp>
#include <vector>

#include "ccd/commands.h"
#include "daemon/turn.h"
#include "tests/daemon/running_daemon.h"

namespace ccd::daemon {
namespace {

BOOST_AUTO_TEST_SUITE(unanswered_suite)

BOOST_AUTO_TEST_CASE(so_many_requests_of_a_connection_wait_for_their_answers_and_no_more) {
    RunningDaemon daemon{""};
    daemon.start();
    auto client = daemon.connect();
    job::SubmitRequest held;
    held.argv = {"true"};
    held.cwd = "/";
    held.hold = true;
    auto job = client.call<job::Submit>(held);
    BOOST_TEST_REQUIRE(job.has_value());

    std::vector<std::uint64_t> waiting;
    for (std::uint32_t i = 0; i < Turn::unanswered_limit; ++i) {
        auto sent = client.send<job::Wait>({.ids = {job->id}});
        BOOST_TEST_REQUIRE(sent.has_value());
        waiting.push_back(*sent);
    }
    auto refused = client.call<host::Ping>({});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::over_limit));

    // Only this connection is full, and nothing that was taken is lost.
    auto other = daemon.connect();
    BOOST_TEST(other.call<job::Cancel>({.ids = {job->id}, .reason = {}}).has_value());
    for (auto id : waiting) BOOST_TEST(client.receive<job::Wait>(id).has_value());
    BOOST_TEST(client.call<host::Ping>({}).has_value());
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
