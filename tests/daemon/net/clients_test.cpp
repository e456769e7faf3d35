// Frames in, frames out, and who is there.
#include "daemon/net/clients.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <numeric>

#include "tests/daemon/net/far_end.h"

namespace ccd::net {

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(a_request_is_whole_wherever_its_bytes_are_cut) {
    auto bytes = request_frame(1) + request_frame(300);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        Room room;
        auto peer = room.join();
        auto view = std::string_view{bytes};
        if (cut > 0) peer.say(view.substr(0, cut));
        room.turn();
        if (cut < bytes.size()) peer.say(view.substr(cut));
        room.turn();
        BOOST_TEST(room.taken == (std::vector<std::uint64_t>{1, 300}),
                   boost::test_tools::per_element());
        peer.hear();
        BOOST_TEST(peer.answered() == room.taken, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
    Room room;
    auto peer = room.join();
    for (char byte : request_frame(70'000)) {
        BOOST_TEST(room.taken.empty());
        peer.say({&byte, 1});
        room.turn();
    }
    BOOST_TEST(room.taken == std::vector<std::uint64_t>{70'000}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(many_requests_in_one_read_are_answered_in_one_turn) {
    Room room;
    auto peer = room.join();
    std::string bytes;
    for (std::uint64_t msgid = 1; msgid <= 500; ++msgid) bytes += request_frame(msgid);
    peer.say(bytes);
    room.turn();
    peer.hear();
    std::vector<std::uint64_t> all(500);
    std::iota(all.begin(), all.end(), 1);
    BOOST_TEST(peer.answered() == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_frame_larger_than_the_read_buffer_is_taken) {
    Room room;
    auto peer = room.join();
    auto bytes = request_frame(5, std::string(wire::frame_limit - 100, 'm'));
    std::size_t said = 0;
    while (said < bytes.size()) {
        said += peer.say_some(std::string_view{bytes}.substr(said));
        room.turn();
    }
    while (room.taken.empty() && room.gone.empty()) room.turn();
    BOOST_TEST(room.taken == std::vector<std::uint64_t>{5}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(connections_do_not_mix) {
    Room room;
    auto first = room.join();
    auto second = room.join();
    auto one = request_frame(1), two = request_frame(2);
    first.say(one.substr(0, 5));
    second.say(two);
    room.turn();
    first.say(one.substr(5));
    room.turn();
    first.hear();
    second.hear();
    BOOST_TEST(first.answered() == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
    BOOST_TEST(second.answered() == std::vector<std::uint64_t>{2},
               boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(room.connections.size() == 2U);
    BOOST_TEST(room.connections[0] != room.connections[1]);
}

BOOST_AUTO_TEST_CASE(the_peer_is_who_the_kernel_says) {
    Room room;
    std::uint32_t uid = 99'999;
    std::int32_t pid = 0;
    room.on_request = [&](Session& session, const wire::RequestHead&, std::string&) {
        uid = session.peer().uid;
        pid = session.peer().pid;
        return handlers::Outcome{};
    };
    auto peer = room.join();
    peer.say(request_frame(1));
    room.turn();
    BOOST_TEST(uid == ::geteuid());
    BOOST_TEST(pid == ::getpid());
}

BOOST_AUTO_TEST_CASE(garbage_is_refused_once_and_the_connection_closed) {
    for (const auto& garbage :
         {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\0\0\0\4junk", 8),
          std::string("\x40\0\0\0", 4), std::string("\0\0\0\0", 4)}) {
        Room room;
        auto peer = room.join();
        peer.say(garbage + garbage + request_frame(9));
        room.turn();
        peer.hear();
        auto replies = peer.replies();
        BOOST_TEST_REQUIRE(replies.size() == 1U);
        BOOST_TEST(replies[0].msgid == 0U);
        BOOST_TEST_REQUIRE(replies[0].error.has_value());
        BOOST_TEST((replies[0].error->code == Errc::bad_request));
        BOOST_TEST(peer.has_ended());
        BOOST_TEST(room.taken.empty());
        BOOST_TEST(room.clients.size() == 0U);
        BOOST_TEST(room.clients.dropped() == 1U);
        BOOST_TEST(room.gone.size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(requests_before_the_garbage_are_answered) {
    Room room;
    auto peer = room.join();
    peer.say(request_frame(1) + request_frame(2) + "\xff\xff\xff\xff");
    room.turn();
    peer.hear();
    BOOST_TEST(peer.answered() == (std::vector<std::uint64_t>{1, 2, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(peer.has_ended());
}

BOOST_AUTO_TEST_CASE(a_peer_that_closes_is_gone_and_what_is_said_to_it_is_dropped) {
    Room room;
    auto peer = room.join();
    peer.say(request_frame(1));
    room.turn();
    auto id = room.connections.at(0);
    peer.close();
    room.turn();
    BOOST_TEST(room.gone == std::vector<std::uint64_t>{id}, boost::test_tools::per_element());
    BOOST_TEST(room.clients.size() == 0U);
    BOOST_TEST(room.clients.send(id, reply_frame(1)));
    room.turn();
    BOOST_TEST(room.clients.dropped() == 0U);
}

BOOST_AUTO_TEST_CASE(a_peer_that_closes_without_reading_its_replies_harms_nobody) {
    Room room;
    auto rude = room.join();
    auto other = room.join();
    rude.say(request_frame(1));
    rude.close();
    other.say(request_frame(2));
    room.turn();
    room.turn();
    other.hear();
    BOOST_TEST(other.answered() == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
    BOOST_TEST(room.clients.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_late_reply_reaches_its_connection) {
    Room room;
    room.on_request = [](Session&, const wire::RequestHead&, std::string&) {
        return handlers::Outcome{.what = handlers::Outcome::What::later};
    };
    auto peer = room.join();
    peer.say(request_frame(1) + request_frame(2));
    room.turn();
    peer.hear();
    BOOST_TEST(peer.heard().empty());
    auto id = room.connections.at(0);
    room.clients.send(id, reply_frame(2));
    room.clients.send(id, reply_frame(1));
    room.turn();
    peer.hear();
    BOOST_TEST(peer.answered() == (std::vector<std::uint64_t>{2, 1}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(stopping)

BOOST_AUTO_TEST_CASE(who_stops_reading_sends_the_replies_that_are_not_sent_yet) {
    Room room;
    room.on_request = [](Session&, const wire::RequestHead& head, std::string& out) {
        out += reply_frame(head.msgid, 100'000);
        return handlers::Outcome{};
    };
    auto peer = room.join();
    std::string bytes;
    for (std::uint64_t msgid = 1; msgid <= 20; ++msgid) bytes += request_frame(msgid);
    peer.say(bytes);
    room.turn();
    BOOST_TEST(room.clients.has_unsent());
    room.clients.stop_reading();
    peer.say(request_frame(21));
    room.settle(peer);
    BOOST_TEST(peer.replies().size() == 20U);
    BOOST_TEST(room.taken.size() == 20U);
    BOOST_TEST(!room.clients.has_unsent());
}

BOOST_AUTO_TEST_CASE(who_stops_reading_sends_the_replies_that_are_not_ready_yet) {
    Room room;
    room.on_request = [](Session&, const wire::RequestHead&, std::string&) {
        return handlers::Outcome{.what = handlers::Outcome::What::later};
    };
    auto peer = room.join();
    peer.say(request_frame(1));
    room.turn();
    room.clients.stop_reading();
    room.turn();
    room.clients.send(room.connections.at(0), reply_frame(1));
    room.turn();
    peer.hear();
    BOOST_TEST(peer.answered() == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::net
