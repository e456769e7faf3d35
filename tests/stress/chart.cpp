#include "tests/stress/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ccd::stress {
namespace {

constexpr double width = 640, height = 240;
constexpr double left = 70, right = 20, top = 15, bottom = 45;
constexpr int grid_lines = 4;

// From a value to its place between two others, 0 to 1.
struct Axis {
    double from;
    double to;
    Scale scale;

    double share(double value) const {
        if (to <= from) return 0;
        return scale == Scale::linear ? (value - from) / (to - from)
                                      : std::log(value / from) / std::log(to / from);
    }
    double value(double share) const {
        return scale == Scale::linear ? from + share * (to - from)
                                      : from * std::pow(to / from, share);
    }
};

double place_x(double share) {
    return left + share * (width - left - right);
}

double place_y(double share) {
    return height - bottom - share * (height - top - bottom);
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
                       anchor, text);
}

std::string grid(const Chart& chart, const Axis& x_axis, const Axis& y_axis) {
    std::string svg;
    for (int line = 0; line <= grid_lines; ++line) {
        auto share = static_cast<double>(line) / grid_lines;
        auto x = place_x(share), y = place_y(share);
        svg +=
            fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}M{:.1f} {:.1f}V{:.1f}\"/>\n",
                        left, y, width - right, x, top, height - bottom);
        svg += text_at(left - 6, y + 4, "end", fmt::format("{:.3g}", y_axis.value(share)));
        svg +=
            text_at(x, height - bottom + 16, "middle", fmt::format("{:.3g}", x_axis.value(share)));
    }
    svg += text_at((left + width - right) / 2, height - 8, "middle", chart.x_label);
    svg += fmt::format(
        "<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
        (top + height - bottom) / 2, chart.y_label);
    return svg;
}

}  // namespace

std::string to_svg(const Chart& chart) {
    if (chart.points.size() < 2) return {};
    auto highest = std::ranges::max(chart.points, {}, &Chart::Point::y).y;
    Axis x_axis{chart.points.front().x, chart.points.back().x, chart.x_scale};
    Axis y_axis{0, highest > 0 ? highest : 1, Scale::linear};
    auto svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\">\n", width, height);
    svg += grid(chart, x_axis, y_axis);
    svg += "<polyline points=\"";
    for (const auto& point : chart.points)
        svg += fmt::format("{:.1f},{:.1f} ", place_x(x_axis.share(point.x)),
                           place_y(y_axis.share(point.y)));
    svg.back() = '"';
    return svg + "/>\n</svg>\n";
}

}  // namespace ccd::stress
