#include "lib/text/integer.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>

namespace {

using namespace ccd;

BOOST_AUTO_TEST_SUITE(integer)

BOOST_AUTO_TEST_CASE(the_whole_range_of_a_type_is_read) {
    BOOST_TEST(text::parse_integer<std::uint64_t>("18446744073709551615").value() == UINT64_MAX);
    BOOST_TEST(text::parse_integer<std::int64_t>("-9223372036854775808").value() == INT64_MIN);
    BOOST_TEST(text::parse_integer<std::uint32_t>("0").value() == 0U);
    BOOST_TEST(text::parse_integer<std::int32_t>("-17").value() == -17);
}

BOOST_AUTO_TEST_CASE(text_around_or_instead_of_the_number_is_refused) {
    constexpr std::array<std::string_view, 9> rows{"",     " 1",  "1 ",  "+1", "1x",
                                                   "0x10", "1.0", "1e3", "--1"};
    for (auto text : rows)
        BOOST_TEST(!text::parse_integer<std::int32_t>(text).has_value(), "'" << text << "'");
    BOOST_TEST(!text::parse_integer<std::uint32_t>("-1").has_value());
}

BOOST_AUTO_TEST_CASE(a_number_outside_the_bounds_is_refused_naming_them) {
    BOOST_TEST(!text::parse_integer<std::uint32_t>("4294967296").has_value());
    BOOST_TEST(text::parse_integer<std::uint32_t>("1", 1, 8).has_value());
    BOOST_TEST(text::parse_integer<std::uint32_t>("8", 1, 8).has_value());
    BOOST_TEST(!text::parse_integer<std::uint32_t>("0", 1, 8).has_value());
    auto refused = text::parse_integer<std::uint32_t>("9", 1, 8);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message == "'9' is not a whole number from 1 to 8");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
