#include "lib/client/client.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"
#include "tests/lib/client/peer.h"

namespace {

using namespace peer;
using client::Client;
using namespace std::chrono_literals;

std::string version_frame(std::uint64_t msgid, const std::string& version) {
    return frame_of([&](wire::Packer& packer) {
        wire::begin_result(packer, msgid);
        wire::encode<host::Version::reply_fields, wire::Absent::written>(
            packer, host::VersionReply{.version = version, .protocol = 1});
    });
}

std::string event_frame(std::uint64_t msgid, std::uint64_t seq) {
    return frame_of([&](wire::Packer& packer) {
        wire::begin_item(packer, msgid);
        wire::encode<job::Events::reply_fields, wire::Absent::written>(packer,
                                                                       job::Event{.seq = seq});
    });
}

std::string end_frame_of(std::uint64_t msgid) {
    return frame_of([&](wire::Packer& packer) {
        wire::begin_result(packer, msgid);
        packer.nil();
    });
}

// A client whose other end is in the test's hands.
struct Connected {
    Peer peer;
    Client client = open(peer);

    static Client open(Peer& peer) {
        auto opened = Client::open(peer.path(), 10s);
        BOOST_TEST_REQUIRE(opened.has_value());
        peer.accept();
        return *std::move(opened);
    }

    std::uint64_t ask_version() {
        auto msgid = client.send<host::Version>({});
        BOOST_TEST_REQUIRE(msgid.has_value());
        return *msgid;
    }
};

template <class T>
const Error& error_in(const Result<T>& result) {
    BOOST_TEST_REQUIRE(!result.has_value());
    return result.error();
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

BOOST_AUTO_TEST_SUITE(client_)

BOOST_AUTO_TEST_CASE(without_a_daemon_the_error_says_what_to_do) {
    Directory directory;
    auto error = error_in(Client::open(directory.socket_path(), 10s));
    BOOST_TEST((error.code == Errc::unreachable));
    BOOST_TEST(error.confirmed);
    BOOST_TEST(contains(error.message, directory.socket_path()));
    BOOST_TEST(contains(error.message, "systemctl start ccd"));
}

BOOST_AUTO_TEST_CASE(a_socket_that_nobody_listens_on_is_no_daemon) {
    Peer peer;
    peer.stop_listening();
    BOOST_TEST((error_in(Client::open(peer.path(), 10s)).code == Errc::unreachable));
}

BOOST_AUTO_TEST_CASE(a_path_that_fits_no_socket_is_refused) {
    for (auto size : {std::size_t{0}, std::size_t{108}, std::size_t{5000}})
        BOOST_TEST((error_in(Client::open(std::string(size, 'x'), 10s)).code == Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(a_daemon_that_accepts_nobody_is_a_time_out) {
    Peer peer{0};
    auto first = Client::open(peer.path(), 10s);
    auto second = Client::open(peer.path(), 1ms);
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST((error_in(second).code == Errc::timeout));
}

BOOST_FIXTURE_TEST_CASE(a_request_is_one_frame_with_its_number_and_name, Connected) {
    auto msgid = ask_version();
    auto heard = peer.hear();
    auto head = wire::parse_request(std::string_view{heard}.substr(wire::frame_header));
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->msgid == msgid);
    BOOST_TEST(head->method == "host.version");
    BOOST_TEST(head->params == "\x80");
}

BOOST_FIXTURE_TEST_CASE(replies_are_matched_by_number_whatever_their_order, Connected) {
    auto first = ask_version();
    auto second = ask_version();
    BOOST_TEST(first != second);
    peer.say(version_frame(second, "two") + version_frame(first, "one"));
    BOOST_TEST(client.receive<host::Version>(first).value().version == "one");
    BOOST_TEST(client.receive<host::Version>(second).value().version == "two");
}

BOOST_FIXTURE_TEST_CASE(a_reply_may_come_byte_by_byte, Connected) {
    auto msgid = ask_version();
    auto frame = version_frame(msgid, "slow");
    for (std::size_t i = 0; i + 1 < frame.size(); ++i) {
        peer.say({&frame[i], 1});
        BOOST_TEST(!client.is_ready(msgid).value());
    }
    peer.say({&frame.back(), 1});
    BOOST_TEST(client.is_ready(msgid).value());
    BOOST_TEST(client.receive<host::Version>(msgid).value().version == "slow");
}

BOOST_FIXTURE_TEST_CASE(an_error_comes_back_with_all_that_it_says, Connected) {
    Error said{.code = Errc::storage_unavailable,
               .message = "the disk is away",
               .retry_after = 2s,
               .confirmed = false};
    auto msgid = ask_version();
    peer.say(error_frame(msgid, said));
    BOOST_TEST((error_in(client.receive<host::Version>(msgid)) == said));
    peer.say(version_frame(ask_version(), "still there"));
    BOOST_TEST(client.receive<host::Version>(msgid + 1).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_refused_connection_gives_the_reason_to_whoever_waits, Connected) {
    auto msgid = ask_version();
    peer.say(error_frame(0, {.code = Errc::over_limit, .message = "too many connections"}));
    peer.hang_up();
    auto error = error_in(client.receive<host::Version>(msgid));
    BOOST_TEST((error.code == Errc::over_limit));
    BOOST_TEST(error.message == "too many connections");
}

BOOST_FIXTURE_TEST_CASE(a_refused_connection_gives_the_reason_to_whoever_sends, Connected) {
    peer.say(error_frame(0, {.code = Errc::over_limit, .message = "too many connections"}));
    peer.hang_up();
    BOOST_TEST((error_in(client.call<host::Version>({})).code == Errc::over_limit));
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_breaks_leaves_open_what_happened, Connected) {
    auto msgid = ask_version();
    peer.say(version_frame(msgid, "half").substr(0, 7));
    peer.hang_up();
    auto error = error_in(client.receive<host::Version>(msgid));
    BOOST_TEST((error.code == Errc::unreachable));
    BOOST_TEST(!error.confirmed);
    BOOST_TEST((error_in(client.call<host::Version>({})).code == Errc::unreachable));
}

BOOST_FIXTURE_TEST_CASE(a_daemon_that_does_not_answer_is_a_time_out, Connected) {
    client.set_timeout(1ms);
    auto msgid = ask_version();
    auto error = error_in(client.receive<host::Version>(msgid));
    BOOST_TEST((error.code == Errc::timeout));
    BOOST_TEST(!error.confirmed);
}

BOOST_FIXTURE_TEST_CASE(a_reply_that_comes_after_its_time_out_disturbs_nobody, Connected) {
    client.set_timeout(1ms);
    auto late = ask_version();
    BOOST_TEST(!client.receive<host::Version>(late).has_value());
    client.set_timeout(10s);
    auto next = ask_version();
    peer.say(version_frame(late, "late") + version_frame(next, "next"));
    BOOST_TEST(client.receive<host::Version>(next).value().version == "next");
}

BOOST_FIXTURE_TEST_CASE(a_daemon_that_does_not_read_is_a_time_out, Connected) {
    client.set_timeout(1ms);
    Result<std::uint64_t> sent{0};
    for (int i = 0; i < 100 && sent; ++i)
        sent = client.send<job::Submit>({.argv = {std::string(100'000, 'x')}});
    BOOST_TEST((error_in(sent).code == Errc::timeout));
}

BOOST_FIXTURE_TEST_CASE(what_speaks_otherwise_is_taken_for_another_release, Connected) {
    auto msgid = ask_version();
    peer.say("HTTP/1.1 400 Bad Request\r\n\r\n");
    auto error = error_in(client.receive<host::Version>(msgid));
    BOOST_TEST((error.code == Errc::internal));
    BOOST_TEST(contains(error.message, "another release"));
}

BOOST_FIXTURE_TEST_CASE(a_reply_without_a_field_that_must_be_there_is_not_taken, Connected) {
    auto msgid = ask_version();
    peer.say(frame_of([&](wire::Packer& packer) {
        wire::begin_result(packer, msgid);
        packer.map(1);
        packer.text("protocol");
        packer.natural(1);
    }));
    auto error = error_in(client.receive<host::Version>(msgid));
    BOOST_TEST((error.code == Errc::internal));
    BOOST_TEST(contains(error.message, "'version' is missing"));
}

BOOST_FIXTURE_TEST_CASE(fields_of_a_newer_daemon_are_ignored, Connected) {
    auto msgid = ask_version();
    peer.say(frame_of([&](wire::Packer& packer) {
        wire::begin_result(packer, msgid);
        packer.map(3);
        packer.text("mood");
        packer.array(0);
        packer.text("version");
        packer.text("9.0");
        packer.text("protocol");
        packer.natural(1);
    }));
    BOOST_TEST(client.receive<host::Version>(msgid).value().version == "9.0");
}

BOOST_FIXTURE_TEST_CASE(a_request_that_no_frame_can_hold_is_refused_here, Connected) {
    auto error =
        error_in(client.call<job::Submit>({.argv = {std::string(wire::frame_limit, 'x')}}));
    BOOST_TEST((error.code == Errc::over_limit));
    BOOST_TEST(error.confirmed);
    BOOST_TEST(peer.hear().empty());
}

BOOST_AUTO_TEST_CASE(a_time_out_longer_than_the_clock_can_count_is_for_ever) {
    using namespace std::chrono_literals;
    BOOST_TEST(!client::deadline_after(std::nullopt).has_value());
    BOOST_TEST(!client::deadline_after(Millis{24h} * 200'000'000).has_value());
    BOOST_TEST(!client::deadline_after(Millis::max()).has_value());
    auto century = client::deadline_after(Millis{24h} * 36'525);
    BOOST_TEST((client::time_until(century.value()) > 24h * 36'524));
    BOOST_TEST((client::time_until(Time{}) == 0ms));
}

BOOST_FIXTURE_TEST_CASE(a_stream_gives_its_items_in_order_until_it_ends, Connected) {
    std::vector<std::uint64_t> seen;
    peer.say(event_frame(1, 7) + event_frame(1, 8) + end_frame_of(1));
    auto ended = client.follow<job::Events>({}, [&](const job::Event& event) {
        seen.push_back(event.seq);
        return true;
    });
    BOOST_TEST(ended.has_value());
    BOOST_TEST((seen == std::vector<std::uint64_t>{7, 8}));
}

BOOST_FIXTURE_TEST_CASE(a_stream_that_was_stopped_disturbs_nobody, Connected) {
    peer.say(event_frame(1, 7) + event_frame(1, 8) + version_frame(2, "after") + event_frame(1, 9));
    auto ended = client.follow<job::Events>({}, [](const job::Event&) { return false; });
    BOOST_TEST(ended.has_value());
    BOOST_TEST(client.call<host::Version>({}).value().version == "after");
}

BOOST_FIXTURE_TEST_CASE(items_wait_while_another_reply_is_received, Connected) {
    auto events = client.send<job::Events>({}).value();
    auto version = ask_version();
    peer.say(event_frame(events, 1) + event_frame(events, 2) + version_frame(version, "v"));
    BOOST_TEST(client.receive<host::Version>(version).has_value());
    BOOST_TEST(client.receive_item<job::Events>(events).value()->seq == 1U);
    BOOST_TEST(client.receive_item<job::Events>(events).value()->seq == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_comes_with_its_reply_and_is_closed_on_exec, Connected) {
    auto plain = ask_version();
    auto with_descriptor = ask_version();
    UniqueFd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    peer.say(version_frame(plain, "plain"));
    peer.say_with(version_frame(with_descriptor, "with") + version_frame(99, "behind"),
                  {file.get()});
    BOOST_TEST(client.receive<host::Version>(with_descriptor).has_value());
    auto descriptors = client.take_descriptors();
    BOOST_TEST_REQUIRE(descriptors.size() == 1U);
    BOOST_TEST(::fcntl(descriptors[0].get(), F_GETFD) == FD_CLOEXEC);
    struct stat ours {};
    struct stat theirs {};
    BOOST_TEST(::fstat(file.get(), &ours) == 0);
    BOOST_TEST(::fstat(descriptors[0].get(), &theirs) == 0);
    BOOST_TEST(ours.st_rdev == theirs.st_rdev);
    BOOST_TEST(client.take_descriptors().empty());
    BOOST_TEST(client.receive<host::Version>(plain).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_goes_with_the_first_byte_of_its_request, Connected) {
    UniqueFd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    BOOST_TEST_REQUIRE(client.send<host::Version>({}, file).has_value());
    auto heard = peer.hear_descriptor();
    BOOST_TEST_REQUIRE(static_cast<bool>(heard));
    struct stat theirs {};
    BOOST_TEST(::fstat(heard.get(), &theirs) == 0);
    BOOST_TEST(S_ISCHR(theirs.st_mode));
    BOOST_TEST(::fcntl(file.get(), F_GETFD) == FD_CLOEXEC);  // still ours
    peer.hear();
    ask_version();
    BOOST_TEST(!peer.hear_descriptor());
}

BOOST_FIXTURE_TEST_CASE(whether_the_daemon_has_hung_up_is_known_without_asking_it, Connected) {
    auto msgid = ask_version();
    BOOST_TEST(client.is_connected());
    peer.say(version_frame(msgid, "last"));
    BOOST_TEST(client.is_connected());
    peer.hang_up();
    BOOST_TEST(!client.is_connected());
    BOOST_TEST(client.receive<host::Version>(msgid).value().version == "last");
    BOOST_TEST(!client.is_connected());
}

BOOST_FIXTURE_TEST_CASE(more_descriptors_than_a_message_may_have_close_the_connection, Connected) {
    auto msgid = ask_version();
    peer.say_with(version_frame(msgid, "many"), {0, 0, 0, 0, 0, 0, 0, 0, 0});
    BOOST_TEST((error_in(client.receive<host::Version>(msgid)).code == Errc::internal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
