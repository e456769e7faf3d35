#include "tests/harness/lean_client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <map>
#include <thread>

#include "tests/harness/filesystem.h"
#include "tests/harness/requests.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::harness {
namespace {

using namespace std::chrono_literals;

// A server in a thread: answers each line by what `answer` makes of it, three bytes at a time, so
// that the client sees every cut. An empty answer hangs up.
class LineServer {
public:
    using Answer = std::function<std::string(const std::string& line)>;

    explicit LineServer(Answer answer) : answer_(std::move(answer)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path().data(), path().size());
        listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        BOOST_TEST_REQUIRE(
            ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        BOOST_TEST_REQUIRE(::listen(listener_.get(), 64) == 0);
        stop_.reset(::eventfd(0, EFD_CLOEXEC));
        thread_ = std::thread{[this] { serve(); }};
    }
    ~LineServer() {
        ::eventfd_write(stop_.get(), 1);
        thread_.join();
    }

    std::string path() const { return directory_ / "lines.sock"; }
    std::uint64_t lines() const { return lines_; }

private:
    void serve() {
        std::map<int, std::pair<UniqueFd, std::string>> clients;
        for (;;) {
            std::vector<pollfd> waits{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
            for (const auto& [fd, client] : clients) waits.push_back({fd, POLLIN, 0});
            ::poll(waits.data(), waits.size(), -1);
            if (waits[0].revents) return;
            if (waits[1].revents) {
                int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
                clients.emplace(fd, std::pair{UniqueFd{fd}, std::string{}});
            }
            for (std::size_t i = 2; i < waits.size(); ++i)
                if (waits[i].revents && !take(waits[i].fd, clients[waits[i].fd].second))
                    clients.erase(waits[i].fd);
        }
    }

    bool take(int fd, std::string& text) {
        char buffer[64];
        auto size = ::recv(fd, buffer, sizeof buffer, 0);
        if (size <= 0) return false;
        text.append(buffer, static_cast<std::size_t>(size));
        for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
            auto answer = answer_(text.substr(0, end));
            text.erase(0, end + 1);
            ++lines_;
            if (answer.empty()) return false;
            for (std::size_t at = 0; at < answer.size(); at += 3)
                ::send(fd, answer.data() + at, std::min<std::size_t>(3, answer.size() - at),
                       MSG_NOSIGNAL);
        }
        return true;
    }

    Answer answer_;
    TemporaryDirectory directory_ =
        *TemporaryDirectory::create(scratch_directory(), "ccd-lean-client");
    UniqueFd listener_;
    UniqueFd stop_;
    std::atomic<std::uint64_t> lines_{0};
    std::thread thread_;
};

std::string accept_all(const std::string&) {
    return "INSERTED 1\r\n";
}

LeanClient four_connections(const LineServer& server) {
    auto client = LeanClient::open({.socket = server.path(),
                                    .count = &beanstalkd_answers,
                                    .connections = 4,
                                    .batch = "put\n",
                                    .next = {}});
    BOOST_TEST_REQUIRE(client.has_value());
    return *std::move(client);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lean_client)

BOOST_AUTO_TEST_CASE(every_request_of_every_batch_is_answered) {
    LineServer server{accept_all};
    auto client = LeanClient::open({.socket = server.path(),
                                    .count = &beanstalkd_answers,
                                    .connections = 7,
                                    .depth = 5,
                                    .batch = repeated("put\n", 5),
                                    .next = {}});
    BOOST_TEST_REQUIRE(client.has_value());
    auto outcome = client->run({.batches = 11});
    BOOST_TEST_REQUIRE(outcome.has_value());
    BOOST_TEST(outcome->answered == 7U * 5U * 11U);
    BOOST_TEST(outcome->refused == 0U);
    BOOST_TEST(outcome->latency.total() == outcome->answered);
    BOOST_TEST(server.lines() == outcome->answered);
}

BOOST_AUTO_TEST_CASE(a_generator_writes_each_request_anew) {
    std::atomic<int> expected{0};
    std::atomic<bool> in_order{true};
    LineServer server{[&](const std::string& line) {
        if (line != std::to_string(expected++)) in_order = false;
        return accept_all(line);
    }};
    int number = 0;
    auto client = LeanClient::open(
        {.socket = server.path(),
         .count = &beanstalkd_answers,
         .depth = 3,
         .batch = {},
         .next = [&](std::string& out) { out += std::to_string(number++) + "\n"; }});
    BOOST_TEST_REQUIRE(client.has_value());
    BOOST_TEST((client->run({.batches = 20}).has_value()));
    BOOST_TEST(number == 60);
    BOOST_TEST(expected == 60);
    BOOST_TEST(in_order);
}

BOOST_AUTO_TEST_CASE(a_run_by_time_leaves_nothing_unanswered_for_the_next_run) {
    LineServer server{accept_all};
    auto client = four_connections(server);
    auto first = client.run({.elapsed = 20ms});
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(first->answered > 0U);
    BOOST_TEST((first->elapsed >= 20ms));
    auto before = server.lines();
    auto second = client.run({.batches = 2});
    BOOST_TEST_REQUIRE(second.has_value());
    BOOST_TEST(second->answered == 8U);
    BOOST_TEST(server.lines() == before + 8);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_over_before_the_first_answer_lasts_until_then) {
    LineServer server{accept_all};
    auto client = four_connections(server);
    auto outcome = client.run({.elapsed = 0ms});
    BOOST_TEST_REQUIRE(outcome.has_value());
    BOOST_TEST(outcome->answered >= 1U);
    BOOST_TEST(outcome->rate() > 0);
    BOOST_TEST(server.lines() == 4U);
}

BOOST_AUTO_TEST_CASE(refusals_are_counted_among_the_answers) {
    std::atomic<int> lines{0};
    LineServer server{[&](const std::string& line) {
        return ++lines % 3 == 0 ? "OUT_OF_MEMORY\r\n" : accept_all(line);
    }};
    auto client = LeanClient::open(
        {.socket = server.path(), .count = &beanstalkd_answers, .batch = "put\n", .next = {}});
    BOOST_TEST_REQUIRE(client.has_value());
    auto outcome = client->run({.batches = 9});
    BOOST_TEST_REQUIRE(outcome.has_value());
    BOOST_TEST(outcome->answered == 9U);
    BOOST_TEST(outcome->refused == 3U);
}

BOOST_AUTO_TEST_CASE(a_batch_larger_than_the_socket_s_buffer_goes_out_in_pieces) {
    LineServer server{accept_all};
    auto client =
        LeanClient::open({.socket = server.path(),
                          .count = &beanstalkd_answers,
                          .depth = 4,
                          .batch = repeated(std::string(std::size_t{1} << 19, 'x') + "\n", 4),
                          .next = {}});
    BOOST_TEST_REQUIRE(client.has_value());
    auto outcome = client->run({.batches = 2});
    BOOST_TEST_REQUIRE(outcome.has_value());
    BOOST_TEST(outcome->answered == 8U);
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_up_is_unreachable) {
    LineServer server{[](const std::string&) { return std::string{}; }};
    auto client = LeanClient::open(
        {.socket = server.path(), .count = &beanstalkd_answers, .batch = "put\n", .next = {}});
    BOOST_TEST_REQUIRE(client.has_value());
    auto outcome = client->run({.batches = 1});
    BOOST_TEST_REQUIRE(!outcome.has_value());
    BOOST_TEST((outcome.error().code == Errc::unreachable));
}

BOOST_AUTO_TEST_CASE(nobody_there_is_unreachable) {
    auto client = LeanClient::open({.socket = "/nonexistent/socket",
                                    .count = &beanstalkd_answers,
                                    .batch = "put\n",
                                    .next = {}});
    BOOST_TEST_REQUIRE(!client.has_value());
    BOOST_TEST((client.error().code == Errc::unreachable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::harness
