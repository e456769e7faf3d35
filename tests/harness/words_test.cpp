#include "tests/harness/words.h"

#include <array>
#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(the_word_behind_an_option_is_its_value_and_must_be_there) {
    constexpr std::array line{"--scale", "7"};
    std::span<const char* const> words{line};
    BOOST_TEST(harness::take_value(words).value() == "7");
    BOOST_TEST(words.size() == 1U);
    auto refused = harness::take_value(words);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::bad_request));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
