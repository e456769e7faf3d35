#include "tests/stress/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/stress/chart.h"

namespace ccd::stress {
namespace {

using harness::seconds_of;

constexpr std::string_view style = R"(
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
       color: #1c2733; background: #fff }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3em .6em; border-bottom: 1px solid #d8dee4;
         vertical-align: top }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.ok { color: #1a7f37 } .bad { color: #c4232b; font-weight: bold }
svg { width: 100%; max-width: 640px } svg text { font-size: 11px; fill: #57606a }
.grid { stroke: #e4e8ec; fill: none } polyline { stroke: #0969da; stroke-width: 2; fill: none }
)";

std::string verdict(bool passed) {
    return passed ? "<span class=\"ok\">passed</span>" : "<span class=\"bad\">FAILED</span>";
}

std::string number_cell(const std::string& text) {
    return "<td class=\"n\">" + text + "</td>";
}

std::string millis(harness::Nanos time) {
    return fmt::format("{:.2f} ms", 1e3 * seconds_of(time));
}

std::string summary(const std::vector<Report>& reports) {
    std::string html =
        "<table>\n<tr><th>Scenario</th><th>Verdict</th><th>Operations</th><th>Failed</th>"
        "<th>Retries</th><th>Rate</th><th>p50</th><th>p99</th><th>Slowest</th></tr>\n";
    for (const auto& report : reports) {
        const auto& tally = report.tally;
        html += "<tr><td>" + escape_html(report.scenario) + "</td><td>" + verdict(report.passed()) +
                "</td>" + number_cell(std::to_string(tally.operations)) +
                number_cell(std::to_string(tally.failed)) +
                number_cell(std::to_string(tally.retries)) +
                number_cell(fmt::format("{:.0f}/s", report.operations_per_second())) +
                number_cell(millis(tally.latency.quantile(0.50))) +
                number_cell(millis(tally.latency.quantile(0.99))) +
                number_cell(millis(tally.latency.max())) + "</tr>\n";
    }
    return html + "</table>\n";
}

std::string steps_of(const Report& report) {
    std::string html =
        "<table>\n<tr><th>Step</th><th>Verdict</th><th>Times</th><th>Took</th><th>Detail</th>"
        "</tr>\n";
    for (const auto& step : report.steps)
        html += "<tr><td>" + escape_html(step.name) + "</td><td>" + verdict(step.passed) + "</td>" +
                number_cell(std::to_string(step.times)) + number_cell(millis(step.duration)) +
                "<td>" + escape_html(step.detail) + "</td></tr>\n";
    return html + "</table>\n";
}

// The share of answers that had come after so long.
Chart latency_chart(const Report& report) {
    Chart chart{.x_label = "latency, ms",
                .y_label = "answered, %",
                .x_scale = Scale::logarithmic,
                .points = {}};
    std::uint64_t seen = 0;
    for (const auto& bucket : report.tally.latency.buckets()) {
        seen += bucket.count;
        auto time = std::max(bucket.slowest, harness::Nanos{1});
        chart.points.push_back(
            {1e3 * seconds_of(time), 100.0 * static_cast<double>(seen) /
                                         static_cast<double>(report.tally.latency.total())});
    }
    return chart;
}

Chart memory_chart(const Report& report) {
    Chart chart{.x_label = "time, s", .y_label = "memory of ccd, MiB", .points = {}};
    for (const auto& sample : report.memory)
        chart.points.push_back(
            {seconds_of(sample.at), static_cast<double>(sample.resident.count) / (1 << 20)});
    return chart;
}

}  // namespace

std::string to_html(const std::vector<Report>& reports, std::string_view subject) {
    bool all_passed = std::ranges::all_of(reports, &Report::passed);
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n";
    html += "<title>ccd-stress</title>\n<style>" + std::string{style} + "</style>\n";
    html += "<h1>ccd-stress: " + verdict(all_passed) + "</h1>\n<p>ccd " CCD_VERSION ", " +
            escape_html(subject) + "</p>\n" + summary(reports);
    for (const auto& report : reports)
        html += "<h2>" + escape_html(report.scenario) + "</h2>\n<p>" + escape_html(report.promise) +
                "</p>\n" + steps_of(report) + to_svg(latency_chart(report)) +
                to_svg(memory_chart(report));
    return html + "</html>\n";
}

std::string escape_html(std::string_view text) {
    std::string escaped;
    for (char letter : text) switch (letter) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            default:
                escaped += letter;
        }
    return escaped;
}

}  // namespace ccd::stress
