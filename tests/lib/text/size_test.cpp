#include "lib/text/size.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <utility>

namespace {

using namespace ccd;

BOOST_AUTO_TEST_SUITE(size)

BOOST_AUTO_TEST_CASE(bytes_and_every_unit_are_read) {
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 9> rows{{
        {"10", 10},
        {"0", 0},
        {"0GiB", 0},
        {"64KiB", 65'536},
        {"512MiB", 536'870'912},
        {"24GiB", 25'769'803'776},
        {"2TiB", 2'199'023'255'552},
        {"18446744073709551615", UINT64_MAX},
        {"16777215TiB", UINT64_MAX - (std::uint64_t{1} << 40) + 1},
    }};
    for (const auto& [text, wanted] : rows) {
        BOOST_TEST_CONTEXT(text) {
            auto got = text::parse_size(text);
            BOOST_TEST_REQUIRE(got.has_value());
            BOOST_TEST(got->count == wanted);
        }
    }
}

BOOST_AUTO_TEST_CASE(other_text_is_refused_with_what_was_given_and_what_is_allowed) {
    constexpr std::array<std::string_view, 11> rows{"",      "MiB",    "-1",   "+1",   " 1",  "1 ",
                                                    "1 MiB", "1.5GiB", "1mib", "1PiB", "0x10"};
    for (auto text : rows) {
        BOOST_TEST_CONTEXT(text) {
            auto got = text::parse_size(text);
            BOOST_TEST_REQUIRE(!got.has_value());
            BOOST_TEST((got.error().code == Errc::bad_request));
            BOOST_TEST(got.error().message.starts_with("'" + std::string(text) + "'"));
            BOOST_TEST(got.error().message.find("KiB, MiB, GiB or TiB") != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_unit_with_two_meanings_is_refused_with_the_way_out) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> rows{{
        {"64KB", "write 64KiB;"},
        {"512MB", "write 512MiB;"},
        {"24GB", "write 24GiB;"},
        {"24G", "write 24GiB;"},
        {"2TB", "write 2TiB;"},
        {"100B", "write 100;"},
    }};
    for (const auto& [text, way_out] : rows)
        BOOST_TEST(text::parse_size(text).error().message.find(way_out) != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_and_never_wraps) {
    for (std::string_view text :
         {"18446744073709551616", "16777216TiB", "18446744073709551615KiB", "99999999999GiB"})
        BOOST_TEST(text::parse_size(text).error().message.find("is too large") != std::string::npos,
                   text);
}

BOOST_AUTO_TEST_CASE(exact_text_is_read_back_as_the_same_size) {
    std::mt19937_64 random{11};
    for (int i = 0; i < 2000; ++i) {
        auto shift = std::uniform_int_distribution{0, 63}(random);
        Bytes size{random() >> shift << std::uniform_int_distribution{0, shift}(random)};
        auto back = text::parse_size(text::to_string(size));
        BOOST_TEST_REQUIRE(back.has_value());
        BOOST_TEST(back->count == size.count);
    }
}

BOOST_AUTO_TEST_CASE(exact_text_takes_the_largest_unit_that_divides) {
    BOOST_TEST(text::to_string(Bytes{0}) == "0");
    BOOST_TEST(text::to_string(Bytes{1000}) == "1000");
    BOOST_TEST(text::to_string(24_GiB) == "24GiB");
    BOOST_TEST(text::to_string(1536_MiB) == "1536MiB");
    BOOST_TEST(text::to_string(2048_GiB) == "2TiB");
}

BOOST_AUTO_TEST_CASE(people_see_one_decimal_rounded_down) {
    BOOST_TEST(text::format_size(Bytes{0}) == "0 B");
    BOOST_TEST(text::format_size(Bytes{1023}) == "1023 B");
    BOOST_TEST(text::format_size(Bytes{1024}) == "1.0 KiB");
    BOOST_TEST(text::format_size(Bytes{1024 * 1024 - 1}) == "1023.9 KiB");
    BOOST_TEST(text::format_size(24_GiB) == "24.0 GiB");
    BOOST_TEST(text::format_size(24064_MiB) == "23.5 GiB");
    BOOST_TEST(text::format_size(Bytes{UINT64_MAX}) == "16777215.9 TiB");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
