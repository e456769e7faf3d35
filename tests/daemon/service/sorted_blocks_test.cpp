#include "daemon/service/rank.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <iterator>
#include <random>
#include <set>
#include <vector>

namespace ccd::service {
namespace {

Rank rank(std::int64_t at, job::Id id) {
    return {.submitted_at = WallTime{Millis{at}}, .id = id};
}

BOOST_AUTO_TEST_SUITE(sorted_blocks_suite)

BOOST_AUTO_TEST_CASE(who_came_first_is_first_and_of_those_who_came_together_the_smaller_number) {
    Ranks ranks;
    for (auto one : {rank(20, 1), rank(10, 3), rank(10, 2)}) BOOST_TEST(ranks.insert(one));
    for (auto one : {rank(10, 2), rank(10, 3), rank(20, 1)}) {
        BOOST_TEST((ranks.first() == one));
        BOOST_TEST(ranks.erase(one));
    }
    BOOST_TEST(ranks.empty());
}

BOOST_AUTO_TEST_CASE(what_is_there_is_not_added_and_what_is_not_there_is_not_erased) {
    Ranks ranks;
    BOOST_TEST(!ranks.erase(rank(1, 1)));
    BOOST_TEST(ranks.insert(rank(1, 1)));
    BOOST_TEST(!ranks.insert(rank(1, 1)));
    BOOST_TEST(!ranks.erase(rank(1, 2)));
    BOOST_TEST(ranks.size() == 1U);
}

// Against the set that does not count, over many blocks: at the ends mostly, as jobs come and go.
BOOST_AUTO_TEST_CASE(it_holds_what_a_set_holds_and_counts_what_a_set_would) {
    std::mt19937 random{7};
    Ranks ranks;
    std::set<Rank> expected;
    for (job::Id id = 1; id <= 6'000; ++id) {
        auto at = random() % 8 == 0 ? static_cast<std::int64_t>(random() % 6'000)
                                    : static_cast<std::int64_t>(id);
        BOOST_TEST(ranks.insert(rank(at, id)) == expected.insert(rank(at, id)).second);
        if (random() % 3 == 0) {
            auto gone =
                random() % 2 == 0
                    ? expected.begin()
                    : expected.lower_bound(rank(static_cast<std::int64_t>(random() % id), 0));
            if (gone == expected.end()) continue;
            BOOST_TEST(ranks.erase(*gone));
            expected.erase(gone);
        }
        if (id % 500 != 0) continue;
        std::size_t before = 0;
        for (auto one : expected) BOOST_TEST(ranks.count_before(one) == before++);
        BOOST_TEST(ranks.count_before(rank(1'000'000, 0)) == expected.size());
    }
    while (!expected.empty()) {
        BOOST_TEST_REQUIRE((ranks.first() == *expected.begin()));
        ranks.erase(ranks.first());
        expected.erase(expected.begin());
    }
    BOOST_TEST(ranks.empty());
}

BOOST_AUTO_TEST_CASE(those_from_one_on_are_visited_in_order_until_that_is_enough) {
    SortedBlocks<int> numbers;
    numbers.visit_from(0, [](int) {
        BOOST_ERROR("there is none");
        return true;
    });
    std::vector<int> expected;
    for (int i = 0; i < 5'000; ++i) numbers.insert(i * 7 % 5'000 * 2);
    for (int from : {-1, 0, 1, 4'999, 5'000, 9'998, 9'999}) {
        std::vector<int> visited;
        numbers.visit_from(from, [&](int number) {
            visited.push_back(number);
            return visited.size() < 3'000;
        });
        expected.clear();
        for (int number = std::max(0, (from + 1) / 2 * 2); number < 10'000; number += 2)
            if (expected.size() < 3'000) expected.push_back(number);
        BOOST_TEST(visited == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
