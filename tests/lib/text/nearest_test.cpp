#include "lib/text/nearest.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

namespace {

using namespace ccd;

constexpr std::array<std::string_view, 5> verbs{"submit", "status", "stats", "cancel", "why"};

BOOST_AUTO_TEST_SUITE(nearest)

BOOST_AUTO_TEST_CASE(one_wrong_letter_of_any_kind_is_seen_through) {
    BOOST_TEST(text::nearest("sumbit", verbs).value() == "submit");
    BOOST_TEST(text::nearest("submitt", verbs).value() == "submit");
    BOOST_TEST(text::nearest("cncel", verbs).value() == "cancel");
    BOOST_TEST(text::nearest("cancwl", verbs).value() == "cancel");
    BOOST_TEST(text::nearest("wyh", verbs).value() == "why");
}

BOOST_AUTO_TEST_CASE(the_closest_wins_and_the_first_of_equals) {
    BOOST_TEST(text::nearest("stats", verbs).value() == "stats");
    BOOST_TEST(text::nearest("statu", verbs).value() == "status");
    constexpr std::array<std::string_view, 2> equal{"hold", "gold"};
    BOOST_TEST(text::nearest("bold", equal).value() == "hold");
}

BOOST_AUTO_TEST_CASE(another_word_is_nobodys_mistake) {
    BOOST_TEST(!text::nearest("frobnicate", verbs).has_value());
    BOOST_TEST(!text::nearest("", verbs).has_value());
    BOOST_TEST(!text::nearest("x", verbs).has_value());
    BOOST_TEST(!text::nearest("submit", {}).has_value());
    constexpr std::array<std::string_view, 1> one_letter{"y"};
    BOOST_TEST(!text::nearest("x", one_letter).has_value());
}

BOOST_AUTO_TEST_CASE(a_word_of_any_length_is_answered) {
    BOOST_TEST(!text::nearest(std::string(1'000'000, 's'), verbs).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
