// Line charts as SVG, to stand inside a page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ccd::stress {

enum class Scale : std::uint8_t { linear, logarithmic };

struct Chart {
    struct Point {
        double x;
        double y;
    };

    std::string_view x_label;
    std::string_view y_label;
    Scale x_scale = Scale::linear;
    std::vector<Point> points;  // in the order of x; with a logarithmic scale x is above 0
};

// Empty for fewer than two points. The y axis begins at 0.
std::string to_svg(const Chart& chart);

}  // namespace ccd::stress
