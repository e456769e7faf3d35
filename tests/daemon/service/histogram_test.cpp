#include "daemon/service/histogram.h"

#include <boost/test/unit_test.hpp>

namespace ccd::service {
namespace {

BOOST_AUTO_TEST_SUITE(histogram_suite)

BOOST_AUTO_TEST_CASE(nothing_has_no_quantiles) {
    BOOST_TEST(Histogram{}.quantile(0.99) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_quantile_is_at_most_an_eighth_too_long_and_never_too_short) {
    for (std::int64_t us : {0LL, 1LL, 7LL, 8LL, 9LL, 100LL, 12'345LL, 3'600'000'000LL}) {
        Histogram histogram;
        histogram.add(Micros{us});
        auto exact = static_cast<double>(us) * 1e-6;
        BOOST_TEST(histogram.quantile(0.5) >= exact);
        BOOST_TEST(histogram.quantile(0.5) <= exact * 1.125 + 1e-6);
    }
}

BOOST_AUTO_TEST_CASE(the_slowest_of_a_hundred_is_beyond_the_median) {
    Histogram histogram;
    histogram.add(Micros{10}, 98);
    histogram.add(Micros{100'000}, 2);
    BOOST_TEST(histogram.quantile(0.5) < 0.0001);
    BOOST_TEST(histogram.quantile(0.99) >= 0.1);
    BOOST_TEST(histogram.count() == 100U);
}

BOOST_AUTO_TEST_CASE(a_clock_that_went_back_counts_as_no_time) {
    Histogram histogram;
    histogram.add(Micros{-5});
    BOOST_TEST(histogram.quantile(1.0) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
