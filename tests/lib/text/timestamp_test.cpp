#include "lib/text/timestamp.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <utility>

namespace {

using namespace ccd;

constexpr WallTime at(std::int64_t millis) {
    return WallTime{Millis{millis}};
}

BOOST_AUTO_TEST_SUITE(timestamp)

BOOST_AUTO_TEST_CASE(known_moments_have_their_text_and_back) {
    constexpr std::array<std::pair<std::int64_t, std::string_view>, 7> rows{{
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951'782'400'000, "2000-02-29T00:00:00.000Z"},
        {1'709'210'096'789, "2024-02-29T12:34:56.789Z"},
        {4'102'444'800'000, "2100-01-01T00:00:00.000Z"},
        {-62'167'219'200'000, "0000-01-01T00:00:00.000Z"},
        {253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
    }};
    for (const auto& [millis, text] : rows) {
        BOOST_TEST(text::to_string(at(millis)) == text);
        BOOST_TEST(text::parse_timestamp(text).value().time_since_epoch().count() == millis);
    }
}

BOOST_AUTO_TEST_CASE(decimals_may_be_fewer_or_left_out) {
    BOOST_TEST((text::parse_timestamp("1970-01-01T00:00:01Z").value() == at(1000)));
    BOOST_TEST((text::parse_timestamp("1970-01-01T00:00:01.5Z").value() == at(1500)));
    BOOST_TEST((text::parse_timestamp("1970-01-01T00:00:01.05Z").value() == at(1050)));
}

BOOST_AUTO_TEST_CASE(other_text_is_refused_with_what_was_given_and_what_is_allowed) {
    constexpr std::array<std::string_view, 19> rows{
        "",
        "now",
        "2024-02-29",
        "2024-02-29T12:34:56",
        "2024-02-29T12:34:56.789",
        "2024-02-29 12:34:56Z",
        "2024-02-29t12:34:56z",
        "2024-02-29T12:34:56+00:00",
        "2023-02-29T12:34:56Z",
        "2024-13-01T12:34:56Z",
        "2024-00-01T12:34:56Z",
        "2024-04-31T12:34:56Z",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2016-12-31T23:59:60Z",
        "2024-02-29T12:34:56.Z",
        "2024-02-29T12:34:56.7890Z",
        "2024-02-29T12:34:56.789Z ",
        "02024-02-29T12:34:56Z",
    };
    for (auto text : rows) {
        BOOST_TEST_CONTEXT(text) {
            auto got = text::parse_timestamp(text);
            BOOST_TEST_REQUIRE(!got.has_value());
            BOOST_TEST((got.error().code == Errc::bad_request));
            BOOST_TEST(got.error().message.find("2026-03-01T12:00:00.250Z") != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(text_is_read_back_as_the_same_moment_and_sorts_like_it) {
    std::mt19937_64 random{13};
    std::uniform_int_distribution<std::int64_t> moments{-62'167'219'200'000, 253'402'300'799'999};
    for (int i = 0; i < 2000; ++i) {
        auto first = at(moments(random));
        auto second = at(moments(random));
        BOOST_TEST((text::parse_timestamp(text::to_string(first)).value() == first));
        BOOST_TEST((first < second) == (text::to_string(first) < text::to_string(second)));
    }
}

BOOST_AUTO_TEST_CASE(a_moment_outside_the_years_of_the_format_is_shown_as_the_nearest) {
    BOOST_TEST(text::to_string(WallTime::max()) == "9999-12-31T23:59:59.999Z");
    BOOST_TEST(text::to_string(WallTime::min()) == "0000-01-01T00:00:00.000Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
