#include "tests/stress/arguments.h"

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

using namespace std::chrono_literals;

Result<Arguments> parse(std::vector<const char*> words) {
    return parse_arguments(words);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(arguments)

BOOST_AUTO_TEST_CASE(a_scenario_alone_means_one_round_with_a_daemon_of_our_own) {
    auto arguments = parse({"api-create"});
    BOOST_TEST_REQUIRE(arguments.has_value());
    BOOST_TEST_REQUIRE(arguments->scenarios.size() == 1U);
    BOOST_TEST(arguments->scenarios[0].name == "api-create");
    BOOST_TEST(!arguments->socket.has_value());
    BOOST_TEST((arguments->duration == 0s));
    BOOST_TEST(arguments->scale == 1U);
    BOOST_TEST(!arguments->report.has_value());
}

BOOST_AUTO_TEST_CASE(all_means_all) {
    auto arguments = parse({"all"});
    BOOST_TEST_REQUIRE(arguments.has_value());
    BOOST_TEST(arguments->scenarios.size() == scenarios().size());
}

BOOST_AUTO_TEST_CASE(every_option_is_understood_anywhere) {
    auto arguments = parse({"--socket", "/run/s", "--json", "connections", "--duration", "1m30s",
                            "--scale", "7", "--report", "out"});
    BOOST_TEST_REQUIRE(arguments.has_value());
    BOOST_TEST(*arguments->socket == "/run/s");
    BOOST_TEST((arguments->format == Format::json));
    BOOST_TEST((arguments->duration == 90s));
    BOOST_TEST(arguments->scale == 7U);
    BOOST_TEST(*arguments->report == "out");
}

BOOST_AUTO_TEST_CASE(a_scenario_of_a_later_release_is_refused_as_such) {
    for (const char* name : {"cache-concurrent", "database-failure", "normal"}) {
        auto refused = parse({name});
        BOOST_TEST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().code == Errc::bad_request));
        BOOST_TEST(refused.error().message.find("not in this release") != std::string::npos);
        BOOST_TEST(refused.error().message.find("api-mixed") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_scenario_is_refused_with_the_list) {
    auto refused = parse({"api-crate"});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("no scenario") != std::string::npos);
    BOOST_TEST(refused.error().message.find("api-create") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(bad_values_missing_values_and_a_second_scenario_are_refused) {
    BOOST_TEST(!parse({}).has_value());
    BOOST_TEST(!parse({"all", "api-create"}).has_value());
    BOOST_TEST(!parse({"all", "--scale", "0"}).has_value());
    BOOST_TEST(!parse({"all", "--scale", "1x"}).has_value());
    BOOST_TEST(!parse({"all", "--scale", "1000"}).has_value());
    BOOST_TEST(!parse({"all", "--duration", "5"}).has_value());
    BOOST_TEST(!parse({"all", "--report"}).has_value());
    BOOST_TEST(!parse({"all", "--quick"}).has_value());
}

BOOST_AUTO_TEST_CASE(every_scenario_stands_in_the_help) {
    for (const auto& scenario : scenarios())
        BOOST_TEST(usage().find(std::string{scenario.promise}) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
