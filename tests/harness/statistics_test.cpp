#include "tests/harness/statistics.h"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

namespace ccd::harness {

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(the_median_is_the_middle_one_in_order) {
    BOOST_TEST(median(std::array{7.0}) == 7.0);
    BOOST_TEST(median(std::array{9.0, 1.0, 5.0}) == 5.0);
    BOOST_TEST(median(std::array{8.0, 1.0, 2.0, 4.0}) == 3.0);
}

BOOST_AUTO_TEST_CASE(a_quantile_is_at_most_two_per_cent_above_the_truth) {
    for (std::int64_t time = 1; time < std::int64_t{1} << 40; time = time * 9 / 7 + 1) {
        Histogram histogram;
        histogram.record(Nanos{time});
        histogram.record(Nanos{time * 4});
        auto half = histogram.quantile(0.5).count();
        BOOST_TEST(half >= time);
        BOOST_TEST(half <= time + time / 50);
    }
}

BOOST_AUTO_TEST_CASE(quantiles_count_every_record) {
    Histogram histogram;
    histogram.record(Nanos{10}, 98);
    histogram.record(Nanos{20});
    histogram.record(Nanos{30});
    BOOST_TEST(histogram.total() == 100U);
    BOOST_TEST(histogram.quantile(0.5).count() == 10);
    BOOST_TEST(histogram.quantile(0.98).count() == 10);
    BOOST_TEST(histogram.quantile(0.99).count() == 20);
    BOOST_TEST(histogram.quantile(1.0).count() == 30);
    BOOST_TEST(histogram.max().count() == 30);
}

BOOST_AUTO_TEST_CASE(no_quantile_is_above_the_slowest) {
    Histogram histogram;
    histogram.record(Nanos{1'000'001});
    BOOST_TEST(histogram.quantile(0.99).count() == 1'000'001);
}

BOOST_AUTO_TEST_CASE(the_longest_and_the_negative_time_have_a_bucket) {
    Histogram histogram;
    histogram.record(Nanos::max());
    histogram.record(Nanos{-5});
    BOOST_TEST(histogram.quantile(0.5).count() == 0);
    BOOST_TEST((histogram.quantile(1.0) == Nanos::max()));
}

BOOST_AUTO_TEST_CASE(an_empty_histogram_has_quantiles_of_zero) {
    BOOST_TEST(Histogram{}.quantile(0.99).count() == 0);
    BOOST_TEST(Histogram{}.buckets().empty());
}

BOOST_AUTO_TEST_CASE(added_histograms_hold_what_both_held) {
    Histogram one, other;
    one.record(Nanos{5}, 3);
    other.record(Nanos{5000});
    one.add(other);
    BOOST_TEST(one.total() == 4U);
    BOOST_TEST(one.max().count() == 5000);
    BOOST_TEST(one.buckets().size() == 2U);
}

BOOST_AUTO_TEST_CASE(buckets_come_in_order_and_hold_all) {
    Histogram histogram;
    for (std::int64_t time = 0; time < 100'000; time += 17) histogram.record(Nanos{time});
    std::uint64_t total = 0;
    for (const auto& bucket : histogram.buckets()) total += bucket.count;
    BOOST_TEST(total == histogram.total());
    BOOST_TEST(std::ranges::is_sorted(histogram.buckets(), {}, &Histogram::Bucket::slowest));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::harness
