#include "daemon/sys/account.h"

#include <shadow.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fstream>

#include "tests/harness/temporary_directory.h"

namespace ccd::sys {
namespace {

constexpr WallTime day(int number) {
    return WallTime(std::chrono::days{number});
}

BOOST_AUTO_TEST_SUITE(account)

BOOST_AUTO_TEST_CASE(root_and_the_users_of_services_have_open_accounts) {
    BOOST_TEST(check_account(0, day(19'000)).has_value());
    // Debian's "nobody" has no password, and never had one.
    BOOST_TEST(check_account(65'534, day(19'000)).has_value());
}

BOOST_AUTO_TEST_CASE(a_number_without_an_account_is_told_so) {
    auto refused = check_account(3'999'999'999, day(19'000));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::not_found));
    BOOST_TEST(refused.error().message == "uid 3999999999 has no account here");
}

BOOST_AUTO_TEST_CASE(only_a_password_that_was_set_can_be_locked) {
    for (const char* open : {"", "*", "!", "!!", "!*", "$y$j9T$salt$hash"})
        BOOST_TEST(!is_locked_password(open), open);
    BOOST_TEST(is_locked_password("!$y$j9T$salt$hash"));
}

BOOST_AUTO_TEST_CASE(an_account_is_open_only_if_that_could_be_found_out) {
    BOOST_TEST(check_shadow("alice", 0, nullptr, day(1)).has_value());
    BOOST_TEST(check_shadow("alice", ENOENT, nullptr, day(1)).has_value());
    for (int error : {EMFILE, EIO, ERANGE, EACCES})
        BOOST_TEST((check_shadow("alice", error, nullptr, day(1)).error().code == Errc::internal));
}

BOOST_AUTO_TEST_CASE(an_account_is_closed_from_the_day_on_which_it_expires) {
    std::string password = "*";
    spwd entry{};
    entry.sp_pwdp = password.data();
    entry.sp_expire = 19'000;
    BOOST_TEST(check_shadow("alice", 0, &entry, day(18'999)).has_value());
    BOOST_TEST(check_shadow("alice", 0, &entry, day(19'000)).error().message ==
               "the account of user 'alice' has expired");
    entry.sp_expire = -1;
    BOOST_TEST(check_shadow("alice", 0, &entry, day(19'000)).has_value());
}

BOOST_AUTO_TEST_CASE(who_stands_in_the_files_of_the_machine_is_known_without_a_directory) {
    auto folder = harness::TemporaryDirectory::create("/tmp", "ccd-etc").value();
    std::ofstream(folder / "passwd") << "alice:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n"
                                        "carol:x:1002:1002::/:/bin/sh\n";
    std::ofstream(folder / "shadow")
        << "alice:*:19000:0:99999:7:::\nbob:!$y$x:19000:0:99999:7:::\n";
    auto check = [&](std::uint32_t uid) {
        return check_local_account(uid, day(19'000), folder.path());
    };
    BOOST_TEST(check(1000).value().has_value());
    BOOST_TEST(check(1001).value().error().message == "the account of user 'bob' is locked");
    // These may be known elsewhere.
    BOOST_TEST(!check(1002).has_value());
    BOOST_TEST(!check(1003).has_value());
    BOOST_TEST(!check_local_account(1000, day(1), "/nowhere").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::sys
