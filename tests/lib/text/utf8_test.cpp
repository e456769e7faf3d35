#include "lib/text/utf8.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(a_character_is_read_with_its_length) {
    struct Row {
        std::string_view text;
        char32_t code;
        std::size_t size;
    };
    for (const auto& row :
         {Row{"ab", U'a', 1}, Row{"üb", U'ü', 2}, Row{"训练", U'训', 3}, Row{"🚀", U'🚀', 4},
          Row{"\x7f", 0x7f, 1}, Row{"\xc2\x80", 0x80, 2}, Row{"\xf4\x8f\xbf\xbf", 0x10ffff, 4}}) {
        auto character = text::first_character(row.text);
        BOOST_TEST(character.is_valid);
        BOOST_TEST((character.code == row.code), row.text);
        BOOST_TEST(character.size == row.size, row.text);
    }
}

BOOST_AUTO_TEST_CASE(a_byte_that_begins_no_character_stands_for_itself) {
    for (auto text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                      "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff", "\xe8\xae", "\xc3("}) {
        auto character = text::first_character(text);
        BOOST_TEST(!character.is_valid);
        BOOST_TEST(character.size == 1U);
        BOOST_TEST(!text::is_utf8(std::string{"a"} + text));
    }
}

BOOST_AUTO_TEST_CASE(text_is_utf8_where_every_character_is) {
    for (auto text : {"", "a", "grün", "训练", "🚀"}) BOOST_TEST(text::is_utf8(text));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
