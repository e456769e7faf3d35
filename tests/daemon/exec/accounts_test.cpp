#include "daemon/exec/accounts.h"

#include <boost/test/unit_test.hpp>

namespace ccd::exec {
namespace {

constexpr Time now{std::chrono::hours{1}};

BOOST_FIXTURE_TEST_SUITE(accounts, Accounts)

BOOST_AUTO_TEST_CASE(users_are_looked_up_one_by_one) {
    for (std::uint32_t uid : {1000U, 1001U, 1000U}) want(uid);
    BOOST_TEST((next() == 1000U));
    BOOST_TEST(!next().has_value());
    learn(1000, {}, now);
    BOOST_TEST((next() == 1001U));
    learn(1001, {}, now);
    BOOST_TEST(!next().has_value());
}

BOOST_AUTO_TEST_CASE(what_was_found_out_is_good_for_some_seconds_and_then_forgotten) {
    BOOST_TEST(find(1000, now) == nullptr);
    learn(1000, {}, now);
    learn(1001, failure(Errc::internal, "the directory does not answer"), now);
    BOOST_TEST(find(1000, now + good_for - Millis{1})->has_value());
    BOOST_TEST(!find(1001, now + good_for - Millis{1})->has_value());
    BOOST_TEST(find(1000, now + good_for) == nullptr);
    learn(1000, failure(Errc::denied, "locked"), now + good_for);
    BOOST_TEST(!find(1000, now + good_for)->has_value());
}

BOOST_AUTO_TEST_CASE(who_was_waited_for_in_vain_is_silent_until_something_is_known_of_him) {
    BOOST_TEST(!is_silent(1000));
    set_silent(1000);
    set_silent(1001);
    learn(1000, failure(Errc::internal, "the directory does not answer"), now);
    BOOST_TEST(is_silent(1000));
    learn(1000, {}, now);
    BOOST_TEST(!is_silent(1000));
    learn(1001, failure(Errc::denied, "locked"), now);
    BOOST_TEST(!is_silent(1001));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
