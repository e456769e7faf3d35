#include "daemon/options.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using daemon::Options;
using Action = daemon::Options::Action;

Options parsed(const std::vector<std::string_view>& arguments) {
    return daemon::parse_options(arguments).value();
}

std::string refused(const std::vector<std::string_view>& arguments) {
    auto options = daemon::parse_options(arguments);
    BOOST_TEST_REQUIRE(!options.has_value());
    BOOST_TEST((options.error().code == Errc::bad_request));
    return options.error().message;
}

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(without_arguments_the_daemon_runs) {
    BOOST_TEST((parsed({}) == Options{}));
    BOOST_TEST((parsed({}).action == Action::run));
}

BOOST_AUTO_TEST_CASE(values_stand_behind_a_blank_or_an_equals_sign) {
    Options wanted{
        .is_user = true, .config_file = "/etc/my.toml", .settings = {"a.b=1", "c.d=x=y"}};
    BOOST_TEST((parsed({"--config", "/etc/my.toml", "--set", "a.b=1", "--user", "--set",
                        "c.d=x=y"}) == wanted));
    BOOST_TEST(
        (parsed({"--set=a.b=1", "--set=c.d=x=y", "--user", "--config=/etc/my.toml"}) == wanted));
}

BOOST_AUTO_TEST_CASE(help_goes_before_version_and_version_before_the_check) {
    BOOST_TEST((parsed({"--check-config"}).action == Action::check_config));
    BOOST_TEST((parsed({"--version", "--check-config"}).action == Action::show_version));
    BOOST_TEST((parsed({"--check-config", "--help", "--version"}).action == Action::show_help));
}

BOOST_AUTO_TEST_CASE(a_missing_or_needless_value_is_refused_by_name) {
    BOOST_TEST(refused({"--config"}) == "--config needs a value");
    BOOST_TEST(refused({"--set="}) == "--set needs a value");
    BOOST_TEST(refused({"--config", ""}) == "--config needs a value");
    BOOST_TEST(refused({"--user=yes"}) == "--user takes no value");
}

BOOST_AUTO_TEST_CASE(an_unknown_argument_is_refused_with_the_nearest) {
    BOOST_TEST(refused({"--confg", "x"}) == "unknown argument '--confg'; did you mean '--config'?");
    BOOST_TEST(refused({"--chek-config"}) ==
               "unknown argument '--chek-config'; did you mean '--check-config'?");
    BOOST_TEST(refused({"start"}) == "unknown argument 'start'; see ccd --help");
    BOOST_TEST(refused({""}) == "unknown argument ''; see ccd --help");
}

BOOST_AUTO_TEST_CASE(the_usage_names_every_option) {
    for (std::string_view name :
         {"--config FILE", "--set KEY=VALUE", "--user", "--check-config", "--version", "--help"})
        BOOST_TEST(daemon::usage().find("\n  " + std::string(name)) != std::string_view::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
