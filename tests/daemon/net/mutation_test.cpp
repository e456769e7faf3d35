// Streams that were spoilt at random: whoever sends one is answered or closed, and nobody else
// notices.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/net/far_end.h"
#include "tests/lib/wire/spoiler.h"

namespace ccd::net {
namespace {

std::string few_requests() {
    return request_frame(1) + request_frame(70'000, "job.submit") + request_frame(3, "host.health");
}

// Says it in pieces. Each reply belongs to a request, or is the refusal after which it is closed.
void say_spoilt(Room& room, spoiler::Spoiler& random) {
    auto peer = room.join();
    auto spoilt = random.spoil(few_requests());
    std::string_view rest = spoilt;
    while (!rest.empty() && room.gone.empty()) {
        auto piece = rest.substr(0, 1 + random.below(60));
        rest.remove_prefix(piece.size());
        peer.say(piece);
        room.turn();
    }
    room.turn();
    peer.hear();
    auto replies = peer.replies();
    BOOST_TEST(replies.size() <= room.taken.size() + 1);
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (replies[i].error) {
            BOOST_TEST((replies[i].error->code == Errc::bad_request));
            BOOST_TEST(replies[i].msgid == 0U);
            BOOST_TEST(i + 1 == replies.size());
            BOOST_TEST(peer.has_ended());
        }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mutation)

BOOST_AUTO_TEST_CASE(who_sends_spoilt_frames_is_answered_or_closed_and_others_are_served) {
    std::size_t closed = 0;
    std::size_t stayed = 0;
    for (auto seed : spoiler::seeds) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            spoiler::Spoiler random{seed};
            Room room;
            auto other = room.join();
            for (int i = 0; i < 100; ++i) {
                room.taken.clear();
                room.gone.clear();
                say_spoilt(room, random);
                (room.gone.empty() ? stayed : closed) += 1;
                room.turn();
            }
            other.say(request_frame(5));
            room.turn();
            other.hear();
            BOOST_TEST(other.answered() == std::vector<std::uint64_t>{5},
                       boost::test_tools::per_element());
            BOOST_TEST(room.clients.size() == 1U);
        }
    }
    // Or the test would say nothing of them.
    BOOST_TEST(closed > 100U);
    BOOST_TEST(stayed > 50U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::net
