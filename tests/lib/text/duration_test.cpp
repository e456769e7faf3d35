#include "lib/text/duration.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <utility>

namespace {

using namespace ccd;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(duration)

BOOST_AUTO_TEST_CASE(every_unit_and_sum_of_units_is_read) {
    constexpr std::array<std::pair<std::string_view, Millis>, 12> rows{{
        {"250ms", 250ms},
        {"2s", 2s},
        {"10m", 10min},
        {"24h", 24h},
        {"7d", 168h},
        {"1h30m", 90min},
        {"1d2h3m4s5ms", 26h + 3min + 4s + 5ms},
        {"0", 0ms},
        {"0s", 0ms},
        {"007s", 7s},
        {"90m", 90min},
        {"9223372036854775807ms", Millis::max()},
    }};
    for (const auto& [text, wanted] : rows) {
        BOOST_TEST_CONTEXT(text) {
            auto got = text::parse_duration(text);
            BOOST_TEST_REQUIRE(got.has_value());
            BOOST_TEST(got->count() == wanted.count());
        }
    }
}

BOOST_AUTO_TEST_CASE(other_text_is_refused_with_what_was_given_and_what_is_allowed) {
    constexpr std::array<std::string_view, 16> rows{"",     "s",    "5",    "-5s",  "+5s", " 5s",
                                                    "5s ",  "5 s",  "1.5h", "5sec", "5S",  "1m1h",
                                                    "1s1s", "1h30", "1h m", "ms5"};
    for (auto text : rows) {
        BOOST_TEST_CONTEXT(text) {
            auto got = text::parse_duration(text);
            BOOST_TEST_REQUIRE(!got.has_value());
            BOOST_TEST((got.error().code == Errc::bad_request));
            BOOST_TEST(got.error().message.starts_with("'" + std::string(text) + "'"));
            BOOST_TEST(got.error().message.find("ms, s, m, h or d") != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_and_never_wraps) {
    constexpr std::array<std::string_view, 6> rows{
        "9223372036854775808ms", "18446744073709551616ms", "99999999999999999999d",
        "213503982335d",         "9223372036854775s808ms", "106751991167d1000000h"};
    for (auto text : rows)
        BOOST_TEST(text::parse_duration(text).error().message.find("is too long") !=
                   std::string::npos);
}

BOOST_AUTO_TEST_CASE(exact_text_is_read_back_as_the_same_duration) {
    std::mt19937_64 random{7};
    for (int i = 0; i < 2000; ++i) {
        auto bits = std::uniform_int_distribution{0, 62}(random);
        Millis duration{static_cast<Millis::rep>(random() >> (64 - bits - 1) >> 1)};
        auto back = text::parse_duration(text::to_string(duration));
        BOOST_TEST_REQUIRE(back.has_value());
        BOOST_TEST(back->count() == duration.count());
    }
    BOOST_TEST(text::parse_duration(text::to_string(Millis::max())).value().count() ==
               Millis::max().count());
}

BOOST_AUTO_TEST_CASE(exact_text_is_the_text_that_people_write) {
    BOOST_TEST(text::to_string(0ms) == "0s");
    BOOST_TEST(text::to_string(250ms) == "250ms");
    BOOST_TEST(text::to_string(90min) == "1h30m");
    BOOST_TEST(text::to_string(168h) == "7d");
    BOOST_TEST(text::to_string(-5s) == "-5s");
    BOOST_TEST(text::to_string(Millis::min()) == "-106751991167d7h12m55s808ms");
}

BOOST_AUTO_TEST_CASE(people_see_the_two_largest_units) {
    constexpr std::array<std::pair<Millis, std::string_view>, 11> rows{{
        {0ms, "0s"},
        {40ms, "40ms"},
        {1000ms, "1s"},
        {1550ms, "1.5s"},
        {59'999ms, "59.9s"},
        {60s, "1m"},
        {125s, "2m 5s"},
        {3h + 10s, "3h"},
        {76h + 59min, "3d 4h"},
        {-125s, "-2m 5s"},
        {-40ms, "-40ms"},
    }};
    for (const auto& [duration, wanted] : rows)
        BOOST_TEST(text::format_duration(duration) == wanted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
