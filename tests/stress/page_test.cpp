#include "tests/stress/page.h"

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

Report busy_report() {
    Report report{.scenario = "api-<b>", .promise = "all & every"};
    report.end_step("submit \"quickly\"", true, "1 < 2");
    report.tally.operations = 3;
    report.tally.retries = 41;
    report.tally.latency.record(harness::Nanos{1'000'000}, 2);
    report.tally.latency.record(harness::Nanos{5'000'000});
    report.memory = {{harness::Nanos{0}, 4_MiB}, {harness::Nanos{1'000'000'000}, 8_MiB}};
    return report;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
    return times;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page)

BOOST_AUTO_TEST_CASE(text_of_others_is_escaped) {
    BOOST_TEST(escape_html("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;");
    auto html = to_html({busy_report()}, "the daemon at <here>");
    BOOST_TEST(html.find("api-<b>") == std::string::npos);
    BOOST_TEST(html.find("api-&lt;b&gt;") != std::string::npos);
    BOOST_TEST(html.find("all &amp; every") != std::string::npos);
    BOOST_TEST(html.find("1 &lt; 2") != std::string::npos);
    BOOST_TEST(html.find("&lt;here&gt;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_page_has_both_charts_and_needs_nothing_beside_it) {
    auto html = to_html({busy_report()}, "a daemon");
    BOOST_TEST(count(html, "<svg") == 2U);
    BOOST_TEST(count(html, "</svg>") == 2U);
    for (const char* outside : {"http", "src=", "href=", "@import", "<script"})
        BOOST_TEST(html.find(outside) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(retries_and_the_verdict_are_shown) {
    auto report = busy_report();
    auto good = to_html({report}, "a daemon");
    BOOST_TEST(good.find(">41<") != std::string::npos);
    BOOST_TEST(good.find("FAILED") == std::string::npos);
    report.end_step("look again", false, "it was gone");
    auto bad = to_html({report}, "a daemon");
    BOOST_TEST(count(bad, "FAILED") == 3U);  // of the page, the scenario and the step
}

BOOST_AUTO_TEST_CASE(a_report_without_figures_has_no_charts) {
    Report report{.scenario = "connections", .promise = ""};
    BOOST_TEST(to_html({report}, "a daemon").find("<svg") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
