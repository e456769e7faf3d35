#include "tests/stress/memory_sampler.h"

#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace ccd::stress {

BOOST_AUTO_TEST_SUITE(memory_sampler)

BOOST_AUTO_TEST_CASE(there_is_a_sample_however_soon_it_is_stopped) {
    MemorySampler sampler{::getpid()};
    auto samples = sampler.stop();
    BOOST_TEST_REQUIRE(!samples.empty());
    BOOST_TEST(samples.front().resident.count > 0U);
    BOOST_TEST(std::ranges::is_sorted(samples, {}, &MemorySample::at));
}

BOOST_AUTO_TEST_CASE(a_process_that_is_not_there_has_no_samples) {
    MemorySampler sampler{-1};
    BOOST_TEST(sampler.stop().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
