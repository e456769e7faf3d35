#include "daemon/store/statistics.h"

#include <boost/test/unit_test.hpp>
#include <numeric>

namespace {

using namespace ccd;
using namespace ccd::store;

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(a_commit_is_counted_in_the_class_whose_bound_it_does_not_exceed) {
    Counters counters;
    for (const Micros bound : commit_bounds) {
        counters.committed(1, 2, bound);
        counters.committed(1, 2, bound + Micros{1});
    }
    const Statistics now = counters.read();
    BOOST_TEST(now.commit_times.front() == 1U);
    for (std::size_t i = 1; i < commit_bounds.size(); ++i) BOOST_TEST(now.commit_times[i] == 2U);
    BOOST_TEST(now.commit_times.back() == 1U);
    BOOST_TEST(now.commits == 2 * commit_bounds.size());
    BOOST_TEST(now.batches == now.commits);
    BOOST_TEST(now.rows == 2 * now.commits);
    BOOST_TEST(now.commit_time.count() >
               std::accumulate(commit_bounds.begin(), commit_bounds.end(), Micros{}).count());
}

BOOST_AUTO_TEST_CASE(what_was_sent_waits_until_it_has_ended) {
    Counters counters;
    counters.sent();
    counters.sent();
    BOOST_TEST(counters.read().waiting == 2U);
    counters.ended(2);
    BOOST_TEST(counters.read().waiting == 0U);
}

BOOST_AUTO_TEST_CASE(saving_begins_at_a_moment_and_ends) {
    Counters counters;
    BOOST_TEST(!counters.read().busy_since.has_value());
    counters.set_busy_since(Time{});
    BOOST_TEST((counters.read().busy_since == Time{}));
    counters.set_busy_since(std::nullopt);
    BOOST_TEST(!counters.read().busy_since.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
