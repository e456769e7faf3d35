#include "lib/text/scdoc.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(scdoc)

BOOST_AUTO_TEST_CASE(what_would_begin_a_format_is_escaped) {
    BOOST_TEST(ccd::text::escaped("a_b *c* [d] #e \\f") == "a\\_b \\*c\\* \\[d] \\#e \\\\f");
}

BOOST_AUTO_TEST_CASE(plain_text_stays) {
    BOOST_TEST(ccd::text::escaped("plain, text.") == "plain, text.");
}

BOOST_AUTO_TEST_SUITE_END()
