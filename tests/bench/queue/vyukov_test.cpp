#include "tests/bench/queue/vyukov.h"

#include <boost/test/unit_test.hpp>

namespace ccd::bench::queue {

BOOST_AUTO_TEST_SUITE(vyukov)

BOOST_AUTO_TEST_CASE(it_holds_as_many_messages_as_it_has_cells_lap_by_lap) {
    auto ring = VyukovRing::create(4, 8).value();
    VyukovRing::Ticket ticket = 0;
    for (unsigned lap = 0; lap < 3; ++lap) {
        BOOST_TEST(!ring.try_take(ticket));
        for (unsigned i = 0; i < 4; ++i) {
            BOOST_TEST_REQUIRE(ring.try_claim(ticket));
            ring.message(ticket)[0] = static_cast<std::byte>(lap * 4 + i);
            ring.publish(ticket);
        }
        BOOST_TEST(!ring.try_claim(ticket));
        for (unsigned i = 0; i < 4; ++i) {
            BOOST_TEST_REQUIRE(ring.try_take(ticket));
            BOOST_TEST((ring.message(ticket)[0] == static_cast<std::byte>(lap * 4 + i)));
            ring.release(ticket);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_message_is_not_there_before_it_is_published) {
    auto ring = VyukovRing::create(4, 8).value();
    VyukovRing::Ticket written = 0;
    VyukovRing::Ticket read = 0;
    BOOST_TEST_REQUIRE(ring.try_claim(written));
    BOOST_TEST(!ring.try_take(read));
    ring.publish(written);
    BOOST_TEST(ring.try_take(read));
    BOOST_TEST(read == written);
}

BOOST_AUTO_TEST_CASE(a_cell_that_is_being_read_is_not_written) {
    auto ring = VyukovRing::create(2, 8).value();
    VyukovRing::Ticket ticket = 0;
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST_REQUIRE(ring.try_claim(ticket));
        ring.publish(ticket);
    }
    BOOST_TEST_REQUIRE(ring.try_take(ticket));
    VyukovRing::Ticket next = 0;
    BOOST_TEST(!ring.try_claim(next));
    ring.release(ticket);
    BOOST_TEST(ring.try_claim(next));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench::queue
