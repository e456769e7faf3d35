#include "tests/stress/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ccd::stress {
namespace {

using Json = nlohmann::ordered_json;
using harness::seconds_of;

Json json_of(const Step& step) {
    return {{"name", step.name},
            {"passed", step.passed},
            {"times", step.times},
            {"duration_s", seconds_of(step.duration)},
            {"detail", step.detail}};
}

Json json_of(const Report& report) {
    const auto& latency = report.tally.latency;
    Json steps = Json::array(), memory = Json::array();
    auto left_out = report.left_out.empty() ? Json{} : Json(report.left_out);
    for (const auto& step : report.steps) steps.push_back(json_of(step));
    for (const auto& sample : report.memory)
        memory.push_back({{"at_s", seconds_of(sample.at)}, {"bytes", sample.resident.count}});
    return {{"scenario", report.scenario},
            {"passed", report.passed()},
            {"left_out", std::move(left_out)},
            {"operations", report.tally.operations},
            {"succeeded", report.succeeded()},
            {"failed", report.tally.failed},
            {"retries", report.tally.retries},
            {"duration_s", seconds_of(report.duration)},
            {"ops_per_s", report.operations_per_second()},
            {"latency_s",
             {{"p50", seconds_of(latency.quantile(0.50))},
              {"p99", seconds_of(latency.quantile(0.99))},
              {"max", seconds_of(latency.max())}}},
            {"steps", std::move(steps)},
            {"memory", std::move(memory)}};
}

// What was said comes from outside too: bytes that are no text are replaced.
std::string dump(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void Tally::add(const Tally& other) {
    operations += other.operations;
    failed += other.failed;
    retries += other.retries;
    latency.add(other.latency);
    if (first_error.empty()) first_error = other.first_error;
}

void Report::end_step(std::string_view name, bool passed, std::string detail) {
    harness::Nanos now = std::chrono::steady_clock::now().time_since_epoch();
    auto step = std::ranges::find(steps, name, &Step::name);
    if (step == steps.end()) step = steps.insert(step, Step{.name = std::string{name}});
    if (step->passed) step->detail = std::move(detail);
    step->passed = step->passed && passed;
    ++step->times;
    step->duration += now - step_began;
    step_began = now;
}

void Report::leave_out(std::string why) {
    left_out = std::move(why);
    end_step("left out", true, left_out);
}

bool Report::passed() const {
    return !steps.empty() && std::ranges::all_of(steps, &Step::passed);
}

double Report::operations_per_second() const {
    auto seconds = seconds_of(duration);
    return seconds > 0 ? static_cast<double>(tally.operations) / seconds : 0;
}

std::string to_json(const Report& report) {
    return dump(json_of(report), -1);
}

std::string to_line(const Report& report) {
    if (!report.left_out.empty()) return report.scenario + ": left out, " + report.left_out;
    const auto& latency = report.tally.latency;
    auto line = fmt::format(
        "{}: {}, {} of {} operations in {:.2f} s ({:.0f}/s), p50 {:.2f} ms, p99 {:.2f} ms, "
        "max {:.2f} ms",
        report.scenario, report.passed() ? "passed" : "FAILED", report.succeeded(),
        report.tally.operations, seconds_of(report.duration), report.operations_per_second(),
        1e3 * seconds_of(latency.quantile(0.50)), 1e3 * seconds_of(latency.quantile(0.99)),
        1e3 * seconds_of(latency.max()));
    if (report.tally.retries > 0) line += fmt::format(", {} retries", report.tally.retries);
    if (!report.remark.empty()) line += ", " + report.remark;
    return line;
}

std::string to_json(const std::vector<Report>& reports) {
    Json scenarios = Json::array();
    for (const auto& report : reports) scenarios.push_back(json_of(report));
    return dump({{"version", CCD_VERSION}, {"scenarios", std::move(scenarios)}}, 2) + "\n";
}

}  // namespace ccd::stress
