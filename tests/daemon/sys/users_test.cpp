#include "daemon/sys/users.h"

#include <boost/test/unit_test.hpp>

namespace ccd::sys {
namespace {

const Time now{std::chrono::hours{1}};
const User alice{.name = "alice", .home = "/home/alice", .shell = "/bin/sh"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(users, Users)

BOOST_AUTO_TEST_CASE(the_system_knows_root_and_not_everybody) {
    BOOST_TEST(look_up(0).value().name == "root");
    BOOST_TEST(!look_up(3'999'999'999).has_value());
}

BOOST_AUTO_TEST_CASE(a_user_goes_by_number_until_his_name_is_learnt) {
    BOOST_TEST(name_of(1000) == "1000");
    want(1000, now);
    BOOST_TEST(name_of(1000) == "1000");
    BOOST_TEST((next() == 1000U));
    learn(1000, alice, now);
    BOOST_TEST(name_of(1000) == "alice");
}

BOOST_AUTO_TEST_CASE(users_are_looked_up_one_by_one_and_each_once) {
    for (std::uint32_t uid : {1000U, 1001U, 1000U}) want(uid, now);
    BOOST_TEST((next() == 1000U));
    BOOST_TEST(!next().has_value());
    learn(1000, alice, now);
    want(1000, now);
    BOOST_TEST((next() == 1001U));
    learn(1001, User{.name = "bob", .home = {}, .shell = {}}, now);
    BOOST_TEST(!next().has_value());
}

BOOST_AUTO_TEST_CASE(who_was_not_found_goes_by_number_and_is_looked_for_again) {
    want(1000, now);
    BOOST_TEST((next() == 1000U));
    learn(1000, std::nullopt, now);
    BOOST_TEST(name_of(1000) == "1000");
    want(1000, now);
    BOOST_TEST(!next().has_value());
    want(1000, now + missing_age);
    BOOST_TEST((next() == 1000U));
    learn(1000, alice, now);
    BOOST_TEST(name_of(1000) == "alice");
}

BOOST_AUTO_TEST_CASE(a_number_that_was_given_to_another_is_noticed_in_time) {
    learn(1000, alice, now);
    want(1000, now + found_age - Micros{1});
    BOOST_TEST(!next().has_value());
    want(1000, now + found_age);
    BOOST_TEST((next() == 1000U));
    BOOST_TEST(name_of(1000) == "alice");
    learn(1000, User{.name = "carol", .home = {}, .shell = {}}, now + found_age);
    BOOST_TEST(name_of(1000) == "carol");
}

BOOST_AUTO_TEST_CASE(who_is_known_stays_so_while_the_directory_is_away) {
    learn(1000, alice, now);
    want(1000, now + found_age);
    learn(1000, std::nullopt, now + found_age);
    BOOST_TEST(name_of(1000) == "alice");
}

BOOST_AUTO_TEST_CASE(the_users_of_a_file_are_known_from_the_start) {
    learn_file("/etc/passwd", now);
    BOOST_TEST((find("root") == 0U));
    BOOST_TEST(name_of(0) == "root");
    want(0, now);
    BOOST_TEST(!next().has_value());
    learn_file("/nothing/here", now);
}

BOOST_AUTO_TEST_CASE(who_is_being_looked_up_is_not_found_by_no_name) {
    want(1000, now);
    BOOST_TEST(!find("").has_value());
}

BOOST_AUTO_TEST_CASE(an_environment_has_what_is_known_of_its_user) {
    using Words = std::vector<std::string>;
    BOOST_TEST(!environment_of(1000).has_value());
    want(1000, now);
    BOOST_TEST(!environment_of(1000).has_value());
    learn(1000, std::nullopt, now);
    auto path = environment_of(1000).value().back();
    BOOST_TEST(path.starts_with("PATH=/"));
    BOOST_TEST((environment_of(1000) == Words{path}));
    learn(1000, alice, now);
    BOOST_TEST((environment_of(1000) ==
                Words{"HOME=/home/alice", "USER=alice", "LOGNAME=alice", "SHELL=/bin/sh", path}));
}

BOOST_AUTO_TEST_CASE(a_user_is_found_by_a_learnt_name_or_by_number) {
    learn(1000, alice, now);
    BOOST_TEST((find("alice") == 1000U));
    BOOST_TEST((find("1001") == 1001U));
    for (auto name : {"bob", "", "-1", "12x", "4294967296"}) BOOST_TEST(!find(name).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::sys
