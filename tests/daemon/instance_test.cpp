#include "daemon/instance.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

namespace {

using namespace ccd;
using namespace ccd::daemon;

Result<Instance> instance_of(const std::map<std::string, std::string>& variables) {
    return user_instance([&](const char* name) {
        auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

BOOST_AUTO_TEST_SUITE(instance)

BOOST_AUTO_TEST_CASE(a_users_instance_lies_in_the_directories_of_that_user) {
    auto user = instance_of({{"XDG_RUNTIME_DIR", "/run/user/1000"}, {"HOME", "/home/ann"}}).value();
    BOOST_TEST(user.defaults.socket == "/run/user/1000/ccd/ccd.sock");
    BOOST_TEST(user.defaults.runtime_dir == "/run/user/1000/ccd");
    BOOST_TEST(user.defaults.state_dir == "/home/ann/.local/state/ccd");
    BOOST_TEST(user.config_dir == "/home/ann/.config/ccd");
}

BOOST_AUTO_TEST_CASE(the_variables_of_xdg_go_before_the_home) {
    auto user = instance_of({{"XDG_RUNTIME_DIR", "/r"},
                             {"XDG_STATE_HOME", "/s"},
                             {"XDG_CONFIG_HOME", "/c"},
                             {"HOME", "/home/ann"}})
                    .value();
    BOOST_TEST(user.defaults.state_dir == "/s/ccd");
    BOOST_TEST(user.config_dir == "/c/ccd");
}

BOOST_AUTO_TEST_CASE(a_users_instance_lets_nobody_else_in) {
    auto user = instance_of({{"XDG_RUNTIME_DIR", "/r"}, {"HOME", "/h"}}).value();
    BOOST_TEST(user.defaults.socket_group.empty());
    BOOST_TEST(user.defaults.socket_mode.bits == 0600U);
}

BOOST_AUTO_TEST_CASE(a_relative_variable_counts_as_not_set) {
    auto user = instance_of(
        {{"XDG_RUNTIME_DIR", "/r"}, {"XDG_STATE_HOME", "state"}, {"HOME", "/home/ann"}});
    BOOST_TEST(user.value().defaults.state_dir == "/home/ann/.local/state/ccd");
    BOOST_TEST(!instance_of({{"XDG_RUNTIME_DIR", "r"}, {"HOME", "/home/ann"}}).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named) {
    auto refused = [](const std::map<std::string, std::string>& variables) {
        return instance_of(variables).error().message;
    };
    BOOST_TEST(refused({{"HOME", "/h"}}).find("$XDG_RUNTIME_DIR") != std::string::npos);
    BOOST_TEST(refused({{"XDG_RUNTIME_DIR", "/r"}}).find("$XDG_STATE_HOME") != std::string::npos);
    BOOST_TEST(
        refused({{"XDG_RUNTIME_DIR", "/r"}, {"XDG_STATE_HOME", "/s"}}).find("$XDG_CONFIG_HOME") !=
        std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
