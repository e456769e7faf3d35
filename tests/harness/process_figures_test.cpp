#include "tests/harness/process_figures.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "ccd/unique_fd.h"

namespace ccd::harness {

BOOST_AUTO_TEST_SUITE(process_figures)

BOOST_AUTO_TEST_CASE(a_number_is_found_behind_its_key_only) {
    std::string_view status =
        "VmRSS:\t    5120 kB\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t3\n";
    BOOST_TEST(number_in(status, "VmRSS:") == 5120U);
    BOOST_TEST(number_in(status, "\nvoluntary_ctxt_switches:") == 7U);
    BOOST_TEST(number_in(status, "nonvoluntary_ctxt_switches:") == 3U);
    BOOST_TEST(number_in(status, "VmSwap:") == 0U);
}

BOOST_AUTO_TEST_CASE(this_process_has_memory) {
    auto memory = resident_memory(::getpid());
    BOOST_TEST_REQUIRE(memory.has_value());
    BOOST_TEST(memory->count > 100'000U);
}

BOOST_AUTO_TEST_CASE(this_process_has_switched_and_switches_again_when_it_waits) {
    auto before = context_switches(::getpid());
    ::usleep(1);
    auto after = context_switches(::getpid());
    BOOST_TEST_REQUIRE((before && after));
    BOOST_TEST(*after > *before);
}

BOOST_AUTO_TEST_CASE(a_descriptor_more_is_counted) {
    auto before = open_descriptors(::getpid());
    const UniqueFd more{::dup(STDERR_FILENO)};
    auto after = open_descriptors(::getpid());
    BOOST_TEST_REQUIRE((before && after));
    BOOST_TEST(*after == *before + 1);
}

BOOST_AUTO_TEST_CASE(a_process_that_is_not_there_has_no_figures) {
    BOOST_TEST((resident_memory(-1).error().code == Errc::not_found));
    BOOST_TEST((open_descriptors(-1).error().code == Errc::not_found));
    BOOST_TEST((context_switches(-1).error().code == Errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::harness
