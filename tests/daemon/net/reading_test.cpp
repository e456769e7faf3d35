// Peers that are slow: in sending what they began, and in reading what they asked for.
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "tests/daemon/net/far_end.h"

namespace ccd::net {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t large = 256 << 10;

struct LargeReplies : Room {
    LargeReplies() {
        on_request = [](Session&, const wire::RequestHead& head, std::string& out) {
            out += reply_frame(head.msgid, large);
            return handlers::Outcome{.msgid = head.msgid};
        };
    }
};

std::string requests(std::uint64_t count) {
    std::string bytes;
    for (std::uint64_t msgid = 1; msgid <= count; ++msgid) bytes += request_frame(msgid);
    return bytes;
}

std::vector<std::uint64_t> from_1_to(std::uint64_t count) {
    std::vector<std::uint64_t> all(count);
    std::iota(all.begin(), all.end(), 1);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slow_senders)

BOOST_FIXTURE_TEST_CASE(a_frame_that_never_ends_is_closed_in_time, Room) {
    auto peer = join();
    auto whole = request_frame(1);
    peer.say(whole.substr(0, whole.size() - 1));
    turn();
    BOOST_TEST_REQUIRE(next.has_value());
    BOOST_TEST((*next == now.time + Session::frame_timeout));

    now = now + (Session::frame_timeout - 1ms);
    turn();
    BOOST_TEST(gone.empty());

    now = now + 1ms;
    turn();
    BOOST_TEST(gone.size() == 1U);
    BOOST_TEST(clients.dropped() == 1U);
    peer.hear();
    BOOST_TEST(peer.has_ended());
    BOOST_TEST(!next.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_frame_that_comes_byte_by_byte_has_no_more_time_than_others, Room) {
    auto peer = join();
    auto whole = request_frame(1, std::string(200, 'm'));
    for (std::size_t i = 0; i < 30; ++i) {
        BOOST_TEST(gone.empty());
        peer.say(whole.substr(i, 1));
        turn();
        now = now + 1s;
    }
    turn();
    BOOST_TEST(gone.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_frame_that_ends_in_time_stays_and_the_next_has_its_own_time, Room) {
    auto peer = join();
    auto whole = request_frame(1);
    peer.say(whole.substr(0, 3));
    turn();
    now = now + 29s;
    peer.say(whole.substr(3) + whole.substr(0, 3));
    turn();
    BOOST_TEST(taken.size() == 1U);
    now = now + 29s;
    turn();
    BOOST_TEST(gone.empty());
    now = now + 1s;
    turn();
    BOOST_TEST(gone.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_says_nothing_stays_for_ever, Room) {
    auto peer = join();
    turn();
    peer.say(request_frame(1));
    turn();
    BOOST_TEST(!next.has_value());
    now = now + std::chrono::hours{1'000};
    turn();
    BOOST_TEST(gone.empty());
    peer.hear();
    peer.say(request_frame(2));
    turn();
    peer.hear();
    BOOST_TEST(peer.answered() == from_1_to(2), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(one_slow_peer_does_not_close_another, Room) {
    auto slow = join();
    auto quick = join();
    slow.say(std::string_view{"\0\0", 2});
    turn();
    for (int i = 0; i < 40; ++i) {
        quick.say(request_frame(1));
        turn();
        now = now + 1s;
    }
    BOOST_TEST(gone.size() == 1U);
    quick.hear();
    BOOST_TEST(quick.replies().size() == 40U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(slow_readers)

BOOST_FIXTURE_TEST_CASE(who_does_not_read_is_not_read_and_all_is_answered_once_it_does,
                        LargeReplies) {
    auto peer = join();
    peer.say(requests(100));
    for (int i = 0; i < 10; ++i) turn();
    auto taken_before = taken.size();
    BOOST_TEST(taken_before < 100U);
    // What waits is at most the limit and the reply that went over it.
    BOOST_TEST(taken_before * large <= Session::unsent_limit + 4 * large);

    settle(peer);
    BOOST_TEST(taken == from_1_to(100), boost::test_tools::per_element());
    BOOST_TEST(peer.answered() == from_1_to(100), boost::test_tools::per_element());
    BOOST_TEST(gone.empty());
    BOOST_TEST(!next.has_value());
}

BOOST_FIXTURE_TEST_CASE(requests_that_are_sent_while_not_read_wait_in_the_socket, LargeReplies) {
    auto peer = join();
    auto all = requests(5'000);
    std::size_t said = 0;
    for (int i = 0; i < 100; ++i) {
        said += peer.say_some(std::string_view{all}.substr(said, 500));
        turn();
    }
    BOOST_TEST(taken.size() < 40U);
    auto other = join();
    other.say(request_frame(1));
    turn();
    turn();
    other.hear();
    BOOST_TEST(other.heard().size() > 0U);
    BOOST_TEST(gone.empty());
}

BOOST_FIXTURE_TEST_CASE(who_reads_nothing_for_too_long_is_closed, LargeReplies) {
    auto peer = join();
    peer.say(requests(3));
    turn();
    BOOST_TEST_REQUIRE(next.has_value());
    BOOST_TEST((*next == now.time + Session::reading_timeout));
    now = now + (Session::reading_timeout - 1ms);
    turn();
    BOOST_TEST(gone.empty());
    now = now + 1ms;
    turn();
    BOOST_TEST(gone.size() == 1U);
    BOOST_TEST(clients.dropped() == 1U);
    BOOST_TEST(clients.size() == 0U);
}

BOOST_FIXTURE_TEST_CASE(who_reads_a_little_at_a_time_stays, LargeReplies) {
    auto peer = join();
    peer.say(requests(40));
    turn();
    for (int i = 0; i < 200 && peer.replies().size() < 40; ++i) {
        now = now + (Session::reading_timeout - 1s);
        peer.hear();
        turn();
    }
    BOOST_TEST(gone.empty());
    BOOST_TEST(peer.answered() == from_1_to(40), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_sender_from_outside_is_told_that_much_is_unread_and_when_it_was_read,
                        Room) {
    auto peer = join();
    peer.say(request_frame(1));
    turn();
    auto id = connections.at(0);
    bool is_flowing = true;
    std::size_t sent = 0;
    for (; is_flowing && sent < 1'000; ++sent) is_flowing = clients.send(id, reply_frame(2, large));
    BOOST_TEST(!is_flowing);
    BOOST_TEST(sent * large <= Session::unsent_limit);
    turn();
    BOOST_TEST(drained.empty());
    settle(peer);
    BOOST_TEST(drained == std::vector<std::uint64_t>{id}, boost::test_tools::per_element());
    BOOST_TEST(peer.replies().size() == sent + 1);
    BOOST_TEST(clients.send(id, reply_frame(3)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::net
