#include "daemon/sys/users.h"

#include <boost/test/unit_test.hpp>

namespace ccd::sys {

BOOST_FIXTURE_TEST_SUITE(users, Users)

BOOST_AUTO_TEST_CASE(the_system_knows_root_and_gives_others_by_number) {
    BOOST_TEST(look_up(0) == "root");
    BOOST_TEST(look_up(3'999'999'999) == "3999999999");
}

BOOST_AUTO_TEST_CASE(a_user_goes_by_number_until_his_name_is_learnt) {
    BOOST_TEST(name_of(1000) == "1000");
    BOOST_TEST(is_new(1000));
    BOOST_TEST(!is_new(1000));
    BOOST_TEST(name_of(1000) == "1000");
    learn(1000, "alice");
    BOOST_TEST(name_of(1000) == "alice");
    BOOST_TEST(!is_new(1000));
}

BOOST_AUTO_TEST_CASE(a_user_is_found_by_a_learnt_name_or_by_number) {
    learn(1000, "alice");
    BOOST_TEST((find("alice") == 1000U));
    BOOST_TEST((find("1001") == 1001U));
    for (auto name : {"bob", "", "-1", "12x", "4294967296"}) BOOST_TEST(!find(name).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::sys
