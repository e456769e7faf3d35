#include "tests/stress/torture/witness.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using namespace ccd::stress;

BOOST_AUTO_TEST_SUITE(witness)

BOOST_AUTO_TEST_CASE(a_line_is_read_as_it_was_written) {
    Line a{.name = "t0-1", .job = 7, .attempt = 2, .nonce = "beef-7-2"};
    Line b{.name = "t0-2", .job = 8, .attempt = 1, .nonce = "beef-8-1"};
    auto lines = parse_lines(to_line(a) + to_line(b));
    BOOST_TEST_REQUIRE(lines.has_value());
    BOOST_TEST((*lines == std::vector{a, b}));
    BOOST_TEST(parse_lines("").value().empty());
}

BOOST_AUTO_TEST_CASE(what_no_witness_wrote_is_refused) {
    BOOST_TEST(!parse_lines("t0-1 7 2\n").has_value());
    BOOST_TEST(!parse_lines("t0-1 7 2 beef more\n").has_value());
    BOOST_TEST(!parse_lines("\n").has_value());
}

BOOST_AUTO_TEST_CASE(the_code_is_the_same_for_everybody_and_both_kinds_occur) {
    int good = 0;
    for (std::uint32_t attempt = 1; attempt <= 100; ++attempt) {
        auto code = code_of("t0-1", attempt);
        BOOST_TEST(code == code_of("t0-1", attempt));
        BOOST_TEST((code >= 0 && code <= 100));
        good += code == 0 ? 1 : 0;
    }
    BOOST_TEST((good > 40 && good < 90));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
