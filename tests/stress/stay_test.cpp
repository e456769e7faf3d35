#include "tests/stress/stay.h"

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

const std::map<std::string, std::size_t> limits{{"training", 1}, {"inference", 2}};

Stay stay(std::string card, std::string job_class, int began, int ended) {
    return {.card = std::move(card),
            .job_class = std::move(job_class),
            .began = harness::Nanos{began},
            .ended = harness::Nanos{ended}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stay_of_a_job)

BOOST_AUTO_TEST_CASE(a_stay_is_read_as_it_was_written) {
    auto written = stay("GPU-1", "training", 17, 2'000'000);
    auto read = parse_stay(to_string(written));
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST((*read == written));
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_is_no_stay) {
    BOOST_TEST(!parse_stay("").has_value());
    BOOST_TEST(!parse_stay("GPU-1 training 17").has_value());
    BOOST_TEST((read_stay("/nonexistent", 1).error().code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(as_many_as_there_are_slots_are_no_crowd) {
    BOOST_TEST(!find_crowding({stay("A", "training", 0, 10), stay("B", "training", 0, 10),
                               stay("A", "inference", 0, 10), stay("A", "inference", 5, 15)},
                              limits)
                    .has_value());
}

BOOST_AUTO_TEST_CASE(one_too_many_is_found_wherever_it_stands) {
    BOOST_TEST(find_crowding({stay("A", "training", 5, 15), stay("A", "training", 0, 6)}, limits)
                   .has_value());
    BOOST_TEST(find_crowding({stay("A", "inference", 0, 10), stay("A", "inference", 2, 4),
                              stay("A", "inference", 3, 20)},
                             limits)
                   .has_value());
}

BOOST_AUTO_TEST_CASE(one_that_comes_when_another_leaves_is_alone) {
    BOOST_TEST(!find_crowding({stay("A", "training", 0, 5), stay("A", "training", 5, 9)}, limits)
                    .has_value());
}

BOOST_AUTO_TEST_CASE(two_that_begin_at_once_are_two) {
    BOOST_TEST(find_crowding({stay("A", "training", 0, 5), stay("A", "training", 0, 9)}, limits)
                   .has_value());
}

BOOST_AUTO_TEST_CASE(a_class_without_slots_is_named) {
    auto found = find_crowding({stay("A", "cpu", 0, 5)}, limits);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(found->find("'cpu'") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
