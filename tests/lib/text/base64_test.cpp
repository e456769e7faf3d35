#include "lib/text/base64.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <utility>

namespace {

using namespace ccd;

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(the_vectors_of_the_standard_come_out) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> rows{{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    }};
    for (const auto& [bytes, text] : rows) BOOST_TEST(text::encode_base64(bytes) == text);
}

BOOST_AUTO_TEST_CASE(bytes_with_the_high_bit_and_nul_are_bytes_like_others) {
    using namespace std::string_view_literals;
    BOOST_TEST(text::encode_base64("\x00\xff\xfe"sv) == "AP/+");
    BOOST_TEST(text::encode_base64("\xfb\xef\xbe"sv) == "++++");
    BOOST_TEST(text::encode_base64("\0"sv) == "AA==");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
