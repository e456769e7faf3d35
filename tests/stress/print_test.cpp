#include "tests/stress/print.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

namespace ccd::stress {

BOOST_AUTO_TEST_SUITE(print_of_a_job)

BOOST_AUTO_TEST_CASE(a_shorter_text_is_the_beginning_of_a_longer_one) {
    BOOST_TEST(printed(1, 1'000).starts_with(printed(1, 333)));
    BOOST_TEST(printed(1, 0).empty());
    BOOST_TEST(printed(1, 7).size() == 7U);
}

BOOST_AUTO_TEST_CASE(each_seed_has_a_text_of_its_own_with_bytes_of_all_values) {
    auto text = printed(1, 65'536);
    BOOST_TEST((text == printed(1, 65'536)));
    BOOST_TEST((text != printed(2, 65'536)));
    BOOST_TEST(std::set<char>(text.begin(), text.end()).size() == 256U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
