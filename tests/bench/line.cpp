#include "tests/bench/line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ccd::bench {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::array<std::string, 7>;

Json json_of(const std::optional<double>& figure) {
    return figure && std::isfinite(*figure) ? Json(*figure) : Json(nullptr);
}

std::optional<double> figure_of(const std::optional<Measurement>& measurement,
                                std::optional<double> Measurement::*figure) {
    return measurement ? *measurement.*figure : std::nullopt;
}

std::string time_text(const std::optional<double>& seconds) {
    if (!seconds) return "-";
    if (*seconds < 1e-3) return fmt::format("{:.1f} us", *seconds * 1e6);
    if (*seconds < 1) return fmt::format("{:.2f} ms", *seconds * 1e3);
    return fmt::format("{:.2f} s", *seconds);
}

std::string value_text(double value, const std::string& unit) {
    if (unit == "s") return time_text(value);
    if (unit == "B") return fmt::format("{:.1f} MiB", value / (1 << 20));
    return fmt::format("{:.0f} {}", value, unit);
}

// The rate; where there is none, the value.
std::string figure_text(const std::optional<Measurement>& measurement, const std::string& unit) {
    if (measurement && measurement->rate) return fmt::format("{:.0f}/s", *measurement->rate);
    if (measurement && measurement->value) return value_text(*measurement->value, unit);
    return "-";
}

Row row_of(const Line& line) {
    auto ratio = line.ratio();
    return {line.case_name + "/" + line.variant,
            figure_text(line.ours, line.unit),
            time_text(figure_of(line.ours, &Measurement::p50)),
            time_text(figure_of(line.ours, &Measurement::p99)),
            line.peer.value_or("-"),
            figure_text(line.theirs, line.unit),
            ratio && std::isfinite(*ratio) ? fmt::format("{:.2f}", *ratio) : "-"};
}

}  // namespace

std::optional<double> Line::ratio() const {
    if (!ours || !theirs) return std::nullopt;
    if (ours->rate && theirs->rate) return *ours->rate / *theirs->rate;
    if (ours->value && theirs->value) return *theirs->value / *ours->value;
    return std::nullopt;
}

std::string to_json(const Line& line) {
    Json json;
    json["case"] = line.case_name;
    json["variant"] = line.variant;
    json["peer"] = line.peer ? Json(*line.peer) : Json(nullptr);
    json["ops_per_s"] = json_of(figure_of(line.ours, &Measurement::rate));
    json["p50_s"] = json_of(figure_of(line.ours, &Measurement::p50));
    json["p99_s"] = json_of(figure_of(line.ours, &Measurement::p99));
    json["peer_ops_per_s"] = json_of(figure_of(line.theirs, &Measurement::rate));
    json["ratio"] = json_of(line.ratio());
    json["value"] = json_of(figure_of(line.ours, &Measurement::value));
    json["unit"] = line.unit.empty() ? Json(nullptr) : Json(line.unit);
    return json.dump();
}

std::string to_table(const std::vector<Line>& lines) {
    std::vector<Row> rows{{"CASE", "CCD", "P50", "P99", "PEER", "PEER'S", "RATIO"}};
    for (const auto& line : lines) rows.push_back(row_of(line));
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            bool is_word = i == 0 || i == 4;
            text += is_word ? fmt::format("{:<{}}", row[i], widths[i])
                            : fmt::format("{:>{}}", row[i], widths[i]);
            text += i + 1 < row.size() ? "  " : "\n";
        }
    }
    return text;
}

}  // namespace ccd::bench
