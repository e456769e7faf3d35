#include "tests/bench/line.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace ccd::bench {
namespace {

Line rpc_line() {
    return {.case_name = "rpc",
            .variant = "ping-c50",
            .peer = "redis",
            .ours = Measurement{.rate = 400'000, .p50 = 0.0001, .p99 = 0.0002, .value = {}},
            .theirs = Measurement{.rate = 320'000, .p50 = 0.0001, .p99 = 0.0002, .value = {}},
            .unit = {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(line)

BOOST_AUTO_TEST_CASE(a_line_has_all_its_keys_in_order) {
    BOOST_TEST(to_json(rpc_line()) ==
               R"({"case":"rpc","variant":"ping-c50","peer":"redis","ops_per_s":400000.0,)"
               R"("p50_s":0.0001,"p99_s":0.0002,"peer_ops_per_s":320000.0,"ratio":1.25,)"
               R"("value":null,"unit":null})");
}

BOOST_AUTO_TEST_CASE(a_line_without_a_peer_has_nulls_for_it) {
    Line line{.case_name = "idle",
              .variant = "rss",
              .peer = {},
              .ours = Measurement{.value = 1024.0},
              .theirs = {},
              .unit = "B"};
    auto json = nlohmann::json::parse(to_json(line));
    BOOST_TEST(json.at("peer").is_null());
    BOOST_TEST(json.at("ops_per_s").is_null());
    BOOST_TEST(json.at("peer_ops_per_s").is_null());
    BOOST_TEST(json.at("ratio").is_null());
    BOOST_TEST(json.at("value") == 1024.0);
    BOOST_TEST(json.at("unit") == "B");
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_not_there_gives_no_ratio) {
    auto line = rpc_line();
    line.theirs.reset();
    auto json = nlohmann::json::parse(to_json(line));
    BOOST_TEST(json.at("peer") == "redis");
    BOOST_TEST(json.at("ratio").is_null());
    BOOST_TEST(json.at("ops_per_s") == 400'000.0);
}

BOOST_AUTO_TEST_CASE(of_values_the_smaller_one_is_better) {
    Line line;
    line.ours = Measurement{.value = 2.0};
    line.theirs = Measurement{.value = 5.0};
    BOOST_TEST(line.ratio().value() == 2.5);
}

BOOST_AUTO_TEST_CASE(a_ratio_that_is_no_number_is_not_shown) {
    auto line = rpc_line();
    line.theirs->rate = 0;
    BOOST_TEST(nlohmann::json::parse(to_json(line)).at("ratio").is_null());
    BOOST_TEST(to_table({line}).find("inf") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_columns_of_the_table_are_aligned) {
    auto other = rpc_line();
    other.variant = "status-c50-and-more";
    other.theirs.reset();
    auto table = to_table({rpc_line(), other});
    std::vector<std::string> rows;
    for (std::size_t at = 0; at < table.size(); at = table.find('\n', at) + 1)
        rows.push_back(table.substr(at, table.find('\n', at) - at));
    BOOST_TEST_REQUIRE(rows.size() == 3U);
    BOOST_TEST(rows[0].size() == rows[1].size());
    BOOST_TEST(rows[0].find("PEER") == rows[1].find("redis"));
    BOOST_TEST(rows[1].find("1.25") != std::string::npos);
    BOOST_TEST(rows[2].ends_with("-"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench
