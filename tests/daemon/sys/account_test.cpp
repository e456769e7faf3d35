#include "daemon/sys/account.h"

#include <boost/test/unit_test.hpp>

namespace ccd::sys {
namespace {

BOOST_AUTO_TEST_SUITE(account)

BOOST_AUTO_TEST_CASE(root_and_the_users_of_services_have_open_accounts) {
    BOOST_TEST(open_account(0).value() == "root");
    // Debian's "nobody" has no password, and never had one.
    BOOST_TEST(open_account(65'534).value() == "nobody");
}

BOOST_AUTO_TEST_CASE(a_number_without_an_account_is_told_so) {
    auto refused = open_account(3'999'999'999);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::not_found));
    BOOST_TEST(refused.error().message == "uid 3999999999 has no account here");
}

BOOST_AUTO_TEST_CASE(only_a_password_that_was_set_can_be_locked) {
    for (const char* open : {"", "*", "!", "!!", "!*", "$y$j9T$salt$hash"})
        BOOST_TEST(!is_locked_password(open), open);
    BOOST_TEST(is_locked_password("!$y$j9T$salt$hash"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::sys
