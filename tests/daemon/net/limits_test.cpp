// How many may be connected.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/net/far_end.h"

namespace ccd::net {
namespace {

// Refused by one frame that belongs to no request, and closed.
void check_refused(FarEnd& peer, std::string_view key) {
    peer.hear();
    BOOST_TEST(peer.has_ended());
    auto replies = peer.replies();
    BOOST_TEST_REQUIRE(replies.size() == 1U);
    BOOST_TEST(replies[0].msgid == 0U);
    BOOST_TEST_REQUIRE(replies[0].error.has_value());
    BOOST_TEST((replies[0].error->code == Errc::over_limit));
    BOOST_TEST(replies[0].error->message.find(key) != std::string::npos);
}

// Every connection here is of one user: ourselves.
std::vector<FarEnd> fill(Room& room, std::size_t count) {
    std::vector<FarEnd> peers;
    for (std::size_t i = 0; i < count; ++i) peers.push_back(room.join());
    BOOST_TEST(room.clients.size() == count);
    return peers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(a_user_over_his_limit_is_told_and_closed) {
    Room room{{.connections = 100, .per_user = 3}};
    auto peers = fill(room, 3);
    auto refused = room.join();
    check_refused(refused, "daemon.max_connections_per_user");
    BOOST_TEST(room.clients.refused() == 1U);
    BOOST_TEST(room.clients.size() == 3U);
    BOOST_TEST(room.gone.empty());
}

BOOST_AUTO_TEST_CASE(one_too_many_in_all_is_told_and_closed) {
    Room room{{.connections = 2, .per_user = 100}};
    auto peers = fill(room, 2);
    auto refused = room.join();
    check_refused(refused, "(daemon.max_connections)");
    BOOST_TEST(room.clients.refused() == 1U);
}

BOOST_AUTO_TEST_CASE(those_who_are_in_go_on_while_others_are_refused) {
    Room room{{.connections = 100, .per_user = 2}};
    auto peers = fill(room, 2);
    for (int i = 0; i < 50; ++i) {
        auto refused = room.join();
        check_refused(refused, "connections");
    }
    peers[1].say(request_frame(7));
    room.turn();
    peers[1].hear();
    BOOST_TEST(peers[1].answered() == std::vector<std::uint64_t>{7},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_goes_makes_room) {
    Room room{{.connections = 100, .per_user = 2}};
    auto peers = fill(room, 2);
    peers.pop_back();
    room.turn();
    auto next = room.join();
    next.say(request_frame(1));
    room.turn();
    next.hear();
    BOOST_TEST(next.answered() == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
    auto refused = room.join();
    check_refused(refused, "connections");
}

BOOST_AUTO_TEST_CASE(new_limits_count_at_once_and_close_nobody) {
    Room room{{.connections = 100, .per_user = 3}};
    auto peers = fill(room, 3);
    room.clients.set_limits({.connections = 100, .per_user = 1});
    auto refused = room.join();
    check_refused(refused, "connections");
    BOOST_TEST(room.clients.size() == 3U);
    room.clients.set_limits({.connections = 100, .per_user = 4});
    auto taken = room.join();
    BOOST_TEST(room.clients.size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::net
