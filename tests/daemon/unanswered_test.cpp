// How much of a connection's may be on its way.
#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ccd/commands.h"
#include "daemon/owed.h"
#include "tests/daemon/net/far_end.h"
#include "tests/daemon/running_daemon.h"
#include "tests/harness/connection.h"
#include "tests/harness/requests.h"

namespace ccd::daemon {
namespace {

struct Answers {
    std::size_t told = 0;
    std::size_t refused = 0;
};

// A client that sends as many requests as the daemon reads at once, and reads nothing before one of
// them was refused. Each is answered, one way or the other.
template <class Command>
Answers flood(const RunningDaemon& daemon, const typename Command::Request& request) {
    constexpr std::size_t count = 1'200;
    auto socket = harness::connect_to(daemon.directory() + "/ccd.sock");
    BOOST_TEST_REQUIRE(socket.has_value());
    std::string frames;
    for (std::size_t i = 1; i <= count; ++i) frames += harness::ccd_request<Command>(i, request);
    BOOST_TEST_REQUIRE(fcntl(socket->get(), F_SETFL, O_NONBLOCK) == 0);
    net::FarEnd end{std::move(*socket)};
    end.say(frames);
    auto other = daemon.connect();
    while (other.call<host::Stats>({})->requests.errors == 0) continue;
    Answers answers;
    while (answers.told + answers.refused < count && !end.has_ended()) {
        end.hear();
        answers = {};
        for (const auto& reply : end.replies()) ++(reply.error ? answers.refused : answers.told);
    }
    BOOST_TEST(answers.told + answers.refused == count);
    return answers;
}

// A daemon and a client of it.
struct Served {
    Served() { daemon.start(), client.emplace(daemon.connect()); }

    job::Id submit(std::vector<std::string> argv, bool hold) {
        job::SubmitRequest request;
        request.argv = std::move(argv);
        request.cwd = "/";
        request.hold = hold;
        auto submitted = client->call<job::Submit>(request);
        BOOST_TEST_REQUIRE(submitted.has_value());
        return submitted->id;
    }
    // Both answers were given, and who asks again is told.
    template <class Command>
    void check_flood(const typename Command::Request& request) {
        auto answers = flood<Command>(daemon, request);
        BOOST_TEST(answers.told > 0U);
        BOOST_TEST(answers.refused > 0U);
        BOOST_TEST(client->call<Command>(request).has_value());
        BOOST_TEST(daemon.stop() == 0);
    }

    RunningDaemon daemon{""};
    std::optional<client::Client> client;
};

BOOST_FIXTURE_TEST_SUITE(unanswered_suite, Served)

BOOST_AUTO_TEST_CASE(so_many_requests_of_a_connection_wait_for_their_answers_and_no_more) {
    auto job = submit({"true"}, true);
    std::vector<std::uint64_t> waiting;
    for (std::uint32_t i = 0; i < Owed::request_limit; ++i) {
        auto sent = client->send<job::Wait>({.ids = {job}});
        BOOST_TEST_REQUIRE(sent.has_value());
        waiting.push_back(*sent);
    }
    auto refused = client->call<host::Ping>({});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::over_limit));

    // Only this connection is full, and nothing that was taken is lost.
    auto other = daemon.connect();
    BOOST_TEST(other.call<job::Cancel>({.ids = {job}, .reason = {}}).has_value());
    for (auto id : waiting) BOOST_TEST(client->receive<job::Wait>(id).has_value());
    BOOST_TEST(client->call<host::Ping>({}).has_value());
    BOOST_TEST(daemon.stop() == 0);
}

// What many large replies take is bounded too, whoever reads them or not.
BOOST_AUTO_TEST_CASE(of_large_replies_only_so_many_are_kept_for_a_connection) {
    submit({"true", std::string(400'000, 'x')}, true);
    check_flood<job::List>({.limit = 10});
}

BOOST_AUTO_TEST_CASE(of_open_outputs_only_so_many_are_kept_for_a_connection) {
    auto job = submit({"true"}, false);
    BOOST_TEST_REQUIRE(client->call<job::Wait>({.ids = {job}}).has_value());
    check_flood<job::Logs>({.id = job, .attempt = {}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
