#include "tests/stress/report.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace ccd::stress {
namespace {

using Json = nlohmann::json;

Report some_report() {
    Report report{.scenario = "api-create", .promise = ""};
    report.end_step("submit", true, "4 answered");
    report.tally.operations = 4;
    report.tally.failed = 1;
    report.tally.retries = 2;
    report.tally.latency.record(harness::Nanos{100}, 4);
    report.duration = harness::Nanos{2'000'000'000};
    return report;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(the_object_of_a_scenario_has_the_agreed_keys) {
    auto json = Json::parse(to_json(some_report()));
    BOOST_TEST(json.at("scenario") == "api-create");
    BOOST_TEST(json.at("passed") == true);
    BOOST_TEST(json.at("operations") == 4);
    BOOST_TEST(json.at("succeeded") == 3);
    BOOST_TEST(json.at("failed") == 1);
    BOOST_TEST(json.at("retries") == 2);
    BOOST_TEST(json.at("duration_s") == 2.0);
    BOOST_TEST(json.at("ops_per_s") == 2.0);
    for (const char* key : {"p50", "p99", "max"})
        BOOST_TEST(json.at("latency_s").at(key).get<double>() == 100e-9);
    BOOST_TEST(json.at("steps").at(0).at("name") == "submit");
    BOOST_TEST(json.at("steps").at(0).at("passed") == true);
}

BOOST_AUTO_TEST_CASE(the_object_of_a_scenario_is_one_line) {
    BOOST_TEST(to_json(some_report()).find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_file_holds_every_scenario) {
    auto json = Json::parse(to_json(std::vector{some_report(), some_report()}));
    BOOST_TEST(json.at("scenarios").size() == 2U);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_do_not_stop_the_report) {
    auto report = some_report();
    report.end_step("look", true, "\xff\xfe");
    BOOST_TEST(Json::parse(to_json(report)).at("steps").size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_failed_step_fails_the_report_whatever_comes_later) {
    auto report = some_report();
    BOOST_TEST(report.passed());
    report.end_step("look", false, "it was gone");
    report.end_step("look", true, "it was there");
    BOOST_TEST(!report.passed());
    BOOST_TEST_REQUIRE(report.steps.size() == 2U);
    BOOST_TEST(report.steps[1].times == 2U);
    BOOST_TEST(report.steps[1].detail == "it was gone");
    BOOST_TEST(to_line(report).find("FAILED") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_tested_is_left_out_and_says_why) {
    Report report{.scenario = "pool", .promise = ""};
    report.leave_out("not our daemon");
    BOOST_TEST(report.passed());
    BOOST_TEST(to_line(report) == "pool: left out, not our daemon");
    BOOST_TEST(Json::parse(to_json(report)).at("left_out") == "not our daemon");
    BOOST_TEST(Json::parse(to_json(some_report())).at("left_out").is_null());
}

BOOST_AUTO_TEST_CASE(a_figure_of_its_own_ends_the_line) {
    auto report = some_report();
    report.remark = "9 jobs/s";
    BOOST_TEST(to_line(report).ends_with(", 9 jobs/s"));
}

BOOST_AUTO_TEST_CASE(a_report_without_steps_has_kept_no_promise) {
    BOOST_TEST(!Report{}.passed());
}

BOOST_AUTO_TEST_CASE(tallies_add_up_and_keep_the_first_error) {
    Tally all;
    all.add({.operations = 2, .failed = 0});
    all.add({.operations = 3, .failed = 1, .retries = 2, .first_error = "one"});
    all.add({.operations = 1, .failed = 1, .first_error = "two"});
    BOOST_TEST(all.operations == 6U);
    BOOST_TEST(all.failed == 2U);
    BOOST_TEST(all.retries == 2U);
    BOOST_TEST(all.first_error == "one");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
