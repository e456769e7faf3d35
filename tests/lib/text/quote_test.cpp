#include "lib/text/quote.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <utility>

namespace {

using namespace ccd;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(quote)

BOOST_AUTO_TEST_CASE(plain_text_of_any_language_stands_as_it_is) {
    for (auto text : {""sv, "nightly backup"sv, "größe"sv, "任务"sv, "🚀"sv})
        BOOST_TEST(text::quote(text) == "'" + std::string(text) + "'");
}

BOOST_AUTO_TEST_CASE(what_could_move_a_terminal_is_spelled_out) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> rows{{
        {"a\nb"sv, "'a\\x0ab'"sv},
        {"\x1b[2J"sv, "'\\x1b[2J'"sv},
        {"\0"sv, "'\\x00'"sv},
        {"\x7f"sv, "'\\x7f'"sv},
        {"\\"sv, "'\\x5c'"sv},
        {"\xc2\x9b"sv, "'\\xc2\\x9b'"sv},
        {"\xc0\xaf"sv, "'\\xc0\\xaf'"sv},
        {"\xed\xa0\x80"sv, "'\\xed\\xa0\\x80'"sv},
        {"\xf4\x90\x80\x80"sv, "'\\xf4\\x90\\x80\\x80'"sv},
        {"\xe4\xbb"sv, "'\\xe4\\xbb'"sv},
    }};
    for (const auto& [text, wanted] : rows) BOOST_TEST(text::quote(text) == wanted);
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut_between_characters_and_says_so) {
    auto long_text = std::string(text::quote_limit, 'x');
    BOOST_TEST(text::quote(long_text) == "'" + long_text + "'");
    BOOST_TEST(text::quote(long_text + "y") == "'" + long_text + "...'");
    auto before_the_cut = std::string(text::quote_limit - 1, 'x') + "ö";
    BOOST_TEST(text::quote(before_the_cut) == "'" + before_the_cut + "'");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
