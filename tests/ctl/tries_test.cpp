#include "ctl/tries.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(tries)

BOOST_AUTO_TEST_CASE(they_begin_soon_grow_apart_and_end_after_half_a_minute) {
    ctl::Tries tries;
    Millis last{0}, whole{0};
    for (auto delay = tries.next(); delay; delay = tries.next()) {
        BOOST_TEST((*delay >= last));
        last = *delay;
        whole += *delay;
    }
    BOOST_TEST((ctl::Tries{}.next() == 100ms));
    BOOST_TEST((whole > 30s && whole < 40s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
