#include "ctl/display.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd::ctl;

BOOST_AUTO_TEST_SUITE(display)

BOOST_AUTO_TEST_CASE(wide_characters_take_two_columns_and_combining_ones_none) {
    BOOST_TEST(display_width("") == 0U);
    BOOST_TEST(display_width("abc") == 3U);
    BOOST_TEST(display_width("grün") == 4U);
    BOOST_TEST(display_width("训练") == 4U);
    BOOST_TEST(display_width("e\xcc\x81") == 1U);
    BOOST_TEST(display_width("🚀") == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_cut_ends_in_an_ellipsis_and_fits) {
    BOOST_TEST(clipped("abcdef", 6) == "abcdef");
    BOOST_TEST(clipped("abcdef", 5) == "abcd…");
    BOOST_TEST(clipped("abcdef", 1) == "…");
    BOOST_TEST(clipped("abcdef", 0) == "");
    BOOST_TEST(clipped("训练任务", 6) == "训练…");
    BOOST_TEST(clipped("训练任务", 5) == "训练…");
    for (std::size_t width = 0; width < 20; ++width)
        BOOST_TEST(display_width(clipped("a训b练c任d务e", width)) <= width);
}

BOOST_AUTO_TEST_CASE(nothing_that_moves_the_cursor_gets_through) {
    BOOST_TEST(printable("plain grün 训练") == "plain grün 训练");
    BOOST_TEST(printable("a\x1b[31mb\nc\td\x7f") == "a?[31mb?c?d?");
    BOOST_TEST(printable("\xc2\x9b"
                         "31m") == "?31m");
    BOOST_TEST(printable("a\xe2\x80\xae"
                         "b") == "a?b");
    BOOST_TEST(printable("\xff\xfe"
                         "a\xc3") == "??a?");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
