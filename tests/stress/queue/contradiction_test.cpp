#include "tests/stress/queue/contradiction.h"

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

using queue::OnConsumerDeath;

// 100 letters of which 3 died with their consumers: two that nobody had noted, and one that was.
struct Scene {
    queue::View view{.put = 100, .got = 97, .lost = 3};
    Inventory noted{.put = 99, .open = 2, .got = 98, .missing = 2};
    Casualties casualties{.killed = 10, .peeking = 2, .holding = 1};

    bool is_possible() const { return !find_contradiction(view, noted, casualties); }
    void redeliver() {
        view.on_consumer_death = OnConsumerDeath::redeliver;
        view.lost = 0;
        view.got = 100;
        view.redelivered = 3;
        noted.got = 100;
        noted.missing = 0;
        noted.again = 1;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(contradiction, Scene)

BOOST_AUTO_TEST_CASE(what_the_dead_had_may_be_lost) {
    BOOST_TEST(is_possible());
}

BOOST_AUTO_TEST_CASE(no_letter_stays_in_line) {
    view.depth = 1;
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_CASE(a_letter_that_is_missing_and_not_lost_is_noticed) {
    noted.got = 96;
    BOOST_TEST(!is_possible());
    casualties.letters_copied = 1;
    BOOST_TEST(is_possible());
}

BOOST_AUTO_TEST_CASE(a_letter_that_comes_twice_is_noticed) {
    noted.again = 1;
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_CASE(more_lost_than_the_dead_had_is_noticed) {
    casualties.peeking = 1;
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_CASE(a_letter_that_is_counted_as_lost_and_was_got_is_noticed) {
    casualties = {.killed = 10, .peeking = 3};
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_CASE(a_letter_that_was_put_and_is_not_counted_is_noticed) {
    noted.put = 101;
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_CASE(a_letter_that_nobody_put_is_noticed) {
    noted.open = 0;
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_CASE(redelivered_letters_come_again_and_none_is_lost) {
    redeliver();
    BOOST_TEST(is_possible());
    view.lost = 1;
    view.got = 99;
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_CASE(more_letters_come_again_than_the_dead_had_noted_is_noticed) {
    redeliver();
    noted.again = 2;
    BOOST_TEST(!is_possible());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
