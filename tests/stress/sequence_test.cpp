#include "tests/stress/sequence.h"

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

using job::State;

job::Event event(std::uint64_t seq, job::Id job = 1, State to = State::running) {
    job::Event event;
    event.seq = seq;
    event.job = job;
    event.to = to;
    return event;
}
job::Event heartbeat(std::uint64_t seq) {
    job::Event event;
    event.seq = seq;
    return event;
}
job::Event gap(std::uint64_t seq) {
    auto event = heartbeat(seq);
    event.gap = true;
    return event;
}

struct Told {
    Sequence sequence{7};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sequence_of_events, Told)

BOOST_AUTO_TEST_CASE(every_event_once_and_in_order_is_right) {
    for (std::uint64_t seq = 8; seq < 12; ++seq) BOOST_TEST(!sequence.observe(event(seq)));
    BOOST_TEST(sequence.last() == 11U);
    BOOST_TEST(sequence.events() == 4U);
    BOOST_TEST(sequence.gaps() == 0U);
}

BOOST_AUTO_TEST_CASE(one_that_is_left_out_is_missed) {
    BOOST_TEST(sequence.observe(event(9)).has_value());
    BOOST_TEST(!sequence.observe(event(10)));
}

BOOST_AUTO_TEST_CASE(one_that_comes_twice_or_late_is_seen) {
    BOOST_TEST(!sequence.observe(event(8)));
    BOOST_TEST(sequence.observe(event(8)).has_value());
    BOOST_TEST(sequence.observe(event(3)).has_value());
    BOOST_TEST(!sequence.observe(event(9)));
}

BOOST_AUTO_TEST_CASE(after_a_gap_it_goes_on_behind_it) {
    BOOST_TEST(!sequence.observe(gap(20)));
    BOOST_TEST(!sequence.observe(event(21)));
    BOOST_TEST(sequence.gaps() == 1U);
    BOOST_TEST(!sequence.observe(gap(2)));
    BOOST_TEST(sequence.observe(event(22)).has_value());
}

BOOST_AUTO_TEST_CASE(a_heartbeat_tells_no_more_than_what_came) {
    BOOST_TEST(!sequence.observe(heartbeat(7)));
    BOOST_TEST(sequence.observe(heartbeat(9)).has_value());
}

BOOST_AUTO_TEST_CASE(two_that_are_told_the_same_have_the_same_digest) {
    Sequence other{7}, another{7};
    BOOST_TEST(!sequence.observe(event(8, 1, State::failed)));
    BOOST_TEST(!other.observe(heartbeat(7)));
    BOOST_TEST(!other.observe(event(8, 1, State::failed)));
    BOOST_TEST(!another.observe(event(8, 1, State::succeeded)));
    BOOST_TEST(sequence.digest() == other.digest());
    BOOST_TEST(sequence.digest() != another.digest());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
