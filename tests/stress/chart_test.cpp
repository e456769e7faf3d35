#include "tests/stress/chart.h"

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

std::string polyline_of(const std::string& svg) {
    auto begin = svg.find("points=\"") + 8;
    return svg.substr(begin, svg.find('"', begin) - begin);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(chart)

BOOST_AUTO_TEST_CASE(fewer_than_two_points_are_no_chart) {
    BOOST_TEST(to_svg({}).empty());
    BOOST_TEST(to_svg({.x_label = "x", .y_label = "y", .points = {{1, 2}}}).empty());
}

BOOST_AUTO_TEST_CASE(the_line_goes_from_the_left_edge_to_the_right_and_up) {
    auto svg = to_svg({.x_label = "x", .y_label = "y", .points = {{0, 0}, {1, 5}, {2, 10}}});
    BOOST_TEST(polyline_of(svg) == "70.0,195.0 345.0,105.0 620.0,15.0");
}

BOOST_AUTO_TEST_CASE(on_a_logarithmic_axis_equal_factors_are_equal_steps) {
    auto svg = to_svg({.x_label = "x",
                       .y_label = "y",
                       .x_scale = Scale::logarithmic,
                       .points = {{1, 1}, {10, 1}, {100, 1}}});
    BOOST_TEST(polyline_of(svg) == "70.0,15.0 345.0,15.0 620.0,15.0");
}

BOOST_AUTO_TEST_CASE(points_at_one_place_and_all_zero_are_drawn_without_nonsense) {
    auto svg = to_svg({.x_label = "x", .y_label = "y", .points = {{3, 0}, {3, 0}}});
    BOOST_TEST(svg.find("nan") == std::string::npos);
    BOOST_TEST(svg.find("inf") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
