#include "daemon/exec/short_text.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ccd::exec {
namespace {

BOOST_AUTO_TEST_SUITE(short_text)

BOOST_AUTO_TEST_CASE(text_and_numbers_are_joined) {
    ShortText<40> text;
    text.add("/proc/").add(std::uint64_t{18'446'744'073'709'551'615u}).add("/stat");
    BOOST_TEST(text.view() == "/proc/18446744073709551615/stat");
    BOOST_TEST(std::string(text.c_str()) == text.view());
    BOOST_TEST(!text.is_cut());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_cut_between_characters) {
    ShortText<4> text;
    text.add("abc\u20acd");
    BOOST_TEST(text.view() == "abc");
    BOOST_TEST(text.is_cut());
    ShortText<6> exact;
    exact.add("abc\u20ac");
    BOOST_TEST(exact.view() == "abc\u20ac");
    BOOST_TEST(!exact.is_cut());
}

BOOST_AUTO_TEST_CASE(only_well_formed_characters_have_a_length) {
    BOOST_TEST(character_length("a") == 1u);
    BOOST_TEST(character_length("\u00e4b") == 2u);
    BOOST_TEST(character_length("\u20ac") == 3u);
    BOOST_TEST(character_length("\U0001f600") == 4u);
    for (const char* bad : {"", "\x80", "\xc0\x80", "\xc3", "\xc3(", "\xe2\x82", "\xe0\x80\x80",
                            "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff"})
        BOOST_TEST(character_length(bad) == 0u);
}

BOOST_AUTO_TEST_CASE(others_text_is_quoted_and_made_printable) {
    ShortText<40> text;
    text.add_quoted("a\n\x7f\xff \u00e4\xc3");
    BOOST_TEST(text.view() == "'a??? \u00e4?'");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
