#include "tests/bench/arguments.h"

#include <boost/test/unit_test.hpp>
#include <set>

namespace ccd::bench {
namespace {

using namespace std::chrono_literals;

Result<Arguments> parse(std::vector<const char*> words) {
    return parse_arguments(words);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(arguments)

BOOST_AUTO_TEST_CASE(nothing_said_means_every_case_for_a_second_a_run) {
    auto arguments = parse({});
    BOOST_TEST_REQUIRE(arguments.has_value());
    BOOST_TEST(arguments->variants.size() == variants().size());
    BOOST_TEST((arguments->setting.run == 1s));
    BOOST_TEST((arguments->format == Format::table));
}

BOOST_AUTO_TEST_CASE(a_case_is_all_its_variants_and_a_variant_is_itself) {
    auto arguments = parse({"rpc", "idle/rss"});
    BOOST_TEST_REQUIRE(arguments.has_value());
    std::vector<std::string> names;
    for (const auto* variant : arguments->variants) names.push_back(variant->full_name());
    std::vector<std::string> expected{"rpc/ping-c50", "rpc/ping-c50-p16", "rpc/status-c50",
                                      "rpc/status-c1", "idle/rss"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_option_is_understood_anywhere) {
    auto arguments = parse({"--json", "submit", "--against", "redis-aof,tsp", "--seconds", "0.25"});
    BOOST_TEST_REQUIRE(arguments.has_value());
    BOOST_TEST((arguments->format == Format::json));
    BOOST_TEST((arguments->setting.run == 250ms));
    BOOST_TEST((arguments->setting.against == std::vector<std::string>{"redis-aof", "tsp"}));
}

BOOST_AUTO_TEST_CASE(an_unknown_case_is_refused_with_the_list) {
    for (const char* name : {"rcp", "rpc/ping", "rpc/", "scales", ""}) {
        auto refused = parse({name});
        BOOST_TEST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().code == Errc::bad_request));
        BOOST_TEST(refused.error().message.find("rpc/ping-c50") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_peer_is_refused_with_the_list) {
    auto refused = parse({"--against", "redis,memcached"});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("'memcached'") != std::string::npos);
    BOOST_TEST(refused.error().message.find("beanstalkd") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
    for (const char* text : {"", "0", "-1", "x", "1s", "nan", "inf", "1e9"})
        BOOST_TEST(!parse({"--seconds", text}).has_value());
    BOOST_TEST(!parse({"--seconds"}).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_refused) {
    BOOST_TEST(!parse({"--jason"}).has_value());
}

BOOST_AUTO_TEST_CASE(every_variant_has_a_name_of_its_own_and_stands_in_the_help) {
    std::set<std::string> names;
    for (const auto& variant : variants()) {
        BOOST_TEST(names.insert(variant.full_name()).second);
        BOOST_TEST(usage().find(variant.full_name()) != std::string::npos);
        BOOST_TEST((variant.make != nullptr || !variant.note.empty()));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench
