#include "tests/stress/stay.h"

#include <stdlib.h>

#include <boost/test/unit_test.hpp>

#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

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
    BOOST_TEST(!parse_stay("GPU-1 training 17 18 GPU-1 training 19 20").has_value());
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

BOOST_AUTO_TEST_CASE(a_job_leaves_one_stay_and_a_second_run_spoils_it) {
    auto directory = harness::TemporaryDirectory::create(harness::scratch_directory(), "stay");
    BOOST_TEST_REQUIRE(directory.has_value());
    ::setenv("CCD_JOB_ID", "7", 1);
    ::setenv("CCD_CLASS", "cpu", 1);
    ::unsetenv("CUDA_VISIBLE_DEVICES");
    Occupation occupation{
        .directory = directory->path(), .time = Millis{0}, .exit_code = 3, .gate = {}};
    BOOST_TEST(count_begun(directory->path()) == 0U);
    BOOST_TEST(occupy(occupation) == 3);
    auto stay = read_stay(directory->path(), 7);
    BOOST_TEST_REQUIRE(stay.has_value());
    BOOST_TEST(stay->card == "-");
    BOOST_TEST(stay->job_class == "cpu");
    BOOST_TEST((stay->began <= stay->ended));
    BOOST_TEST(occupy(occupation) == 3);
    BOOST_TEST(count_begun(directory->path()) == 1U);
    BOOST_TEST(!read_stay(directory->path(), 7).has_value());
    BOOST_TEST(!read_stays(directory->path(), {7}).has_value());
}

BOOST_AUTO_TEST_CASE(shares_that_differ_by_less_than_the_tolerance_are_balanced) {
    std::vector<Stay> stays(11, stay("A", "training", 0, 1));
    stays.resize(20, stay("B", "training", 0, 1));
    BOOST_TEST(!find_imbalance(stays, {"A", "B"}, 10).has_value());
    BOOST_TEST(find_imbalance(stays, {"A", "B"}, 9).has_value());
    BOOST_TEST(find_imbalance(stays, {"A", "B", "C"}, 50).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_on_a_card_that_is_not_there_is_told) {
    auto found = find_imbalance({stay("A", "training", 0, 1), stay("-", "cpu", 0, 1)}, {"A"}, 100);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(found->find("no such card") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
