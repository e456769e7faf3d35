// Connections: many, broken and hostile ones.
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <list>

#include "lib/wire/frame.h"
#include "lib/wire/message.h"
#include "tests/e2e/stage.h"
#include "tests/harness/connection.h"
#include "tests/harness/requests.h"

namespace ccd::e2e {
namespace {

// A socket to which anything can be said.
class Raw {
public:
    explicit Raw(const harness::PrivateDaemon& daemon) {
        auto connected = harness::connect_to(daemon.socket());
        BOOST_TEST_REQUIRE(connected.has_value());
        socket_ = std::move(*connected);
    }

    // False: the daemon has closed meanwhile.
    bool say(std::string_view bytes) const {
        return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }

    // The same without waiting for room; false also where not all of it fits.
    bool say_now(std::string_view bytes) const {
        return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
               static_cast<ssize_t>(bytes.size());
    }

    // The next reply; it is lent until the next call.
    wire::ReplyHead hear() {
        std::string header = read(wire::frame_header);
        BOOST_TEST_REQUIRE(header.size() == wire::frame_header);
        std::size_t size = 0;
        for (auto byte : header) size = size << 8 | static_cast<unsigned char>(byte);
        body_ = read(size);
        auto head = wire::parse_reply(body_);
        BOOST_TEST_REQUIRE(head.has_value());
        return *head;
    }

    void check_closed() const {
        char byte = 0;
        BOOST_TEST(::recv(socket_.get(), &byte, 1, 0) <= 0);
    }

private:
    std::string read(std::size_t size) const {
        std::string bytes(size, '\0');
        auto got = ::recv(socket_.get(), bytes.data(), size, MSG_WAITALL);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }

    UniqueFd socket_;
    std::string body_;
};

struct Crowd : Stage {
    Crowd() : Stage(prepared()) {}
    ~Crowd() { ::setrlimit(RLIMIT_NOFILE, &before()); }
    Crowd(const Crowd&) = delete;

    static rlimit& before() {
        static rlimit limit{};
        return limit;
    }
    // The daemon takes our limit over.
    static Setup prepared() {
        ::getrlimit(RLIMIT_NOFILE, &before());
        auto raised = before();
        raised.rlim_cur = raised.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &raised);
        return {};
    }

    Raw raw() { return Raw{daemon()}; }
};

std::string ping(std::uint64_t msgid = 1) {
    note_called(host::Ping::info.name);
    return harness::ccd_request<host::Ping>(msgid, {});
}

std::string request_with(std::string_view method, const std::string& params) {
    std::string frame;
    auto begun = wire::begin_frame(frame);
    wire::Packer packer{frame};
    wire::begin_request(packer, 9, method);
    packer.packed(params);
    wire::end_frame(frame, begun);
    return frame;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(connections, Crowd, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(a_thousand_connections_are_served_and_one_too_many_is_told_so) {
    auto first = connect();
    while (first.call<host::Stats>({})->requests.connections > 1) {
    }
    std::list<Raw> crowd;
    for (int i = 0; i < 1'023; ++i) crowd.push_back(raw());
    for (int times = 0; times < 2; ++times) {
        for (auto& one : crowd) BOOST_TEST_REQUIRE(one.say(ping(7)));
        for (auto& one : crowd) BOOST_TEST_REQUIRE(one.hear().msgid == 7U);
    }
    auto extra = raw();
    auto refusal = extra.hear();
    BOOST_TEST(refusal.msgid == 0U);
    BOOST_TEST_REQUIRE(refusal.error.has_value());
    BOOST_TEST((refusal.error->code == Errc::over_limit));
    BOOST_TEST(refusal.error->message.find("daemon.max_connections_per_user") != std::string::npos);
    extra.check_closed();
    BOOST_TEST(ctl({"ping"}).code == 6);

    auto stats = first.call<host::Stats>({});
    BOOST_TEST_REQUIRE(stats.has_value());
    BOOST_TEST(stats->requests.connections == 1'024U);
    BOOST_TEST(stats->requests.refused_connections >= 2U);
    crowd.pop_back();
    while (first.call<host::Stats>({})->requests.connections == 1'024) {
    }
    auto next = raw();
    BOOST_TEST(next.say(ping()));
    BOOST_TEST(!next.hear().error.has_value());
}

BOOST_AUTO_TEST_CASE(garbage_is_told_so_once_and_harms_nobody_else) {
    auto other = connect();
    const std::vector<std::string> garbage{"GET / HTTP/1.1\r\n\r\n",
                                           std::string(4, '\0'),
                                           std::string("\0\0\0\3abc", 7),
                                           std::string("\0\0\0\1\xc1", 5),
                                           std::string("\0\0\0\5\x94\0\2\xa0\x80", 9),
                                           std::string("\0\0\0\6\x94\x01\x05\xc0\xc0\xc0", 10)};
    for (const auto& bytes : garbage) {
        auto bad = raw();
        BOOST_TEST(bad.say(bytes));
        auto refusal = bad.hear();
        BOOST_TEST(refusal.msgid == 0U);
        BOOST_TEST_REQUIRE(refusal.error.has_value());
        BOOST_TEST((refusal.error->code == Errc::bad_request));
        bad.check_closed();
        BOOST_TEST(other.call<host::Ping>({}).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_length_that_nobody_could_send_costs_no_memory) {
    auto other = connect();
    auto before = other.call<host::Stats>({})->memory;
    for (auto length : {"\x40\x00\x00\x00", "\xff\xff\xff\xff", "\x00\x10\x00\x01"}) {
        auto bad = raw();
        BOOST_TEST(bad.say(std::string_view{length, 4}));
        BOOST_TEST((bad.hear().error->code == Errc::bad_request));
        bad.check_closed();
    }
    auto after = other.call<host::Stats>({})->memory;
    BOOST_TEST(after.count < before.count + (64_MiB).count);
}

BOOST_AUTO_TEST_CASE(what_is_nested_too_deeply_is_refused) {
    auto other = connect();
    // [[[[...]]]], a hundred thousand deep, where the params should be.
    auto bad = raw();
    BOOST_TEST(bad.say(request_with("host.ping", std::string(100'000, '\x91') + '\xc0')));
    auto refusal = bad.hear();
    BOOST_TEST_REQUIRE(refusal.error.has_value());
    BOOST_TEST((refusal.error->code == Errc::bad_request));
    BOOST_TEST(other.call<host::Ping>({}).has_value());

    // An array that claims four thousand million items.
    auto greedy = raw();
    BOOST_TEST(
        greedy.say(request_with("job.status", std::string("\x81\xa3ids\xdd\xff\xff\xff\xff", 10))));
    BOOST_TEST((greedy.hear().error->code == Errc::bad_request));
    BOOST_TEST(other.call<host::Ping>({}).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_command_or_field_leaves_the_connection_in_step) {
    auto one = raw();
    BOOST_TEST(one.say(request_with("job.frobnicate", "\x80")));
    auto command = one.hear();
    BOOST_TEST(command.msgid == 9U);
    BOOST_TEST(command.error->message.find("'job.frobnicate'") != std::string::npos);
    BOOST_TEST(one.say(request_with("host.ping", std::string{"\x81\xa6"
                                                             "colour\x01"})));
    auto field = one.hear();
    BOOST_TEST((field.error->code == Errc::bad_request));
    BOOST_TEST(field.error->message.find("colour") != std::string::npos);
    BOOST_TEST(one.say(ping(12)));
    auto pong = one.hear();
    BOOST_TEST(pong.msgid == 12U);
    BOOST_TEST(!pong.error.has_value());
}

BOOST_AUTO_TEST_CASE(a_protocol_that_is_not_spoken_is_refused) {
    auto refusal = refuse<admin::Hello>({.protocol = 99});
    BOOST_TEST((refusal.code == Errc::bad_request));
    auto hello = call<admin::Hello>();
    BOOST_TEST(hello.protocol == admin::protocol_version);
    BOOST_TEST(hello.uid == ::geteuid());
    BOOST_TEST(hello.is_admin);
}

BOOST_AUTO_TEST_CASE(requests_sent_ahead_are_all_answered) {
    auto client = connect();
    std::vector<std::uint64_t> sent;
    for (int i = 0; i < 2'000; ++i) sent.push_back(*client.send<host::Ping>({}));
    for (auto msgid : sent) BOOST_TEST_REQUIRE(client.receive<host::Ping>(msgid).has_value());
}

BOOST_AUTO_TEST_CASE(who_does_not_read_his_replies_slows_nobody) {
    auto rude = raw();
    std::string flood;
    for (int i = 0; i < 50; ++i) flood += harness::ccd_request<host::Stats>(5, {});
    // Until the daemon has stopped reading it, and its own buffer is full.
    auto client = connect();
    while (rude.say_now(flood)) BOOST_TEST_REQUIRE(client.call<host::Ping>({}).has_value());
    BOOST_TEST(client.call<host::Ping>({}).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_that_floods_its_output_does_not_stop_the_daemon) {
    auto job = submit(shell("head -c 50000000 /dev/zero"));
    auto waiter = connect();
    note_called(job::Wait::info.name);
    auto end = waiter.send<job::Wait>({.ids = {job}});
    BOOST_TEST_REQUIRE(end.has_value());
    auto client = connect();
    int pings = 0;
    for (; pings < 20 || !*waiter.is_ready(*end); ++pings)
        BOOST_TEST_REQUIRE(client.call<host::Ping>({}).has_value());
    BOOST_TEST((wait(job).state == job::State::succeeded));
    BOOST_TEST(log(job).size() == 50'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
