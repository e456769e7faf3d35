#include "ctl/table.h"

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "ctl/display.h"

namespace {

using namespace ccd::ctl;

Table sample() {
    Table table{{{"ID", Column::always, Align::right},
                 {"NAME", 2, Align::left, 10},
                 {"NEVER", 9},
                 {"USER", 1},
                 {"NOTE", 3, Align::left, 10}}};
    table.add({{"7"}, {"short"}, {""}, {"alice"}, {"a note that goes on and on and on"}});
    table.add({{"1234"}, {"a name that is long"}, {""}, {"bob"}, {""}});
    return table;
}

std::string at(std::size_t width) {
    return sample().to_string({.width = width});
}

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(where_there_is_room_all_is_shown_but_what_nobody_needs) {
    BOOST_TEST(sample().to_string({}) ==
               "  ID  NAME                 USER   NOTE\n"
               "   7  short                alice  a note that goes on and on and on\n"
               "1234  a name that is long  bob\n");
}

BOOST_AUTO_TEST_CASE(long_columns_are_cut_before_any_goes) {
    auto text = at(40);
    BOOST_TEST(text.find("USER") != text.npos);
    BOOST_TEST(text.find("…") != text.npos);
}

BOOST_AUTO_TEST_CASE(the_least_important_goes_first_and_some_never) {
    auto text = at(30);
    BOOST_TEST(text.find("USER") == text.npos);
    BOOST_TEST(text.find("NAME") != text.npos);
    text = at(18);
    BOOST_TEST(text.find("NAME") == text.npos);
    BOOST_TEST(text.find("NOTE") != text.npos);
    BOOST_TEST(at(5) == "  ID\n   7\n1234\n");
    BOOST_TEST(at(1) == "  ID\n   7\n1234\n");
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_terminal) {
    for (std::size_t width = 4; width < 90; ++width) {
        std::istringstream lines{at(width)};
        for (std::string line; std::getline(lines, line);)
            BOOST_TEST(display_width(line) <= width, "width " << width << ": " << line);
    }
}

BOOST_AUTO_TEST_CASE(a_table_without_rows_is_nothing) {
    BOOST_TEST(Table{{{"ID"}}}.to_string({}).empty());
}

BOOST_AUTO_TEST_CASE(colours_are_there_only_if_asked_for_and_take_no_room) {
    Table table{{{"A", Column::always}, {"B", Column::always}}};
    table.add({{"x", Colour::red}, {"y"}});
    BOOST_TEST(table.to_string({}) == "A  B\nx  y\n");
    BOOST_TEST(table.to_string({.has_colour = true}) ==
               "\x1b[90mA\x1b[0m  \x1b[90mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

BOOST_AUTO_TEST_CASE(a_heading_stands_above_its_rows_and_fits_like_them) {
    Table table{{{"A", Column::always}}};
    table.add_heading("first: 1");
    table.add({{"x"}});
    table.add_heading("second\n: 1");
    table.add({{"y"}});
    BOOST_TEST(table.to_string({}) == "A\nfirst: 1\nx\nsecond?: 1\ny\n");
    BOOST_TEST(table.to_string({.width = 5}) == "A\nfirs…\nx\nseco…\ny\n");
}

BOOST_AUTO_TEST_CASE(what_a_cell_says_cannot_leave_its_line) {
    Table table{{{"A", Column::always}}};
    table.add({{"x\ny\x1b[2J"}});
    BOOST_TEST(table.to_string({}) == "A\nx?y?[2J\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
