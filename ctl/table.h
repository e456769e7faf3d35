// Tables that fit: columns nobody needs are not shown, long ones are cut, and where even that is
// too wide the least important go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/look.h"

namespace ccd::ctl {

enum class Align : std::uint8_t { left, right };
struct Column {
    std::string_view title;
    int importance = 0;  // the least goes first; `always` never goes
    Align align = Align::left;
    std::size_t cut_to = 0;  // may be cut to this width to give others room; 0: never

    static constexpr int always = 100;
};

struct Cell {
    std::string text;  // made printable
    Colour colour = Colour::none;
};

class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    // One cell per column; an empty one does not need it.
    void add(std::vector<Cell> row);

    // A line of its own above the rows that follow it; it takes part in no column.
    void add_heading(std::string text);

    // A line of titles and a line per row, each with its line feed. No rows: nothing.
    std::string to_string(const Look& look) const;

private:
    std::vector<std::size_t> needed_widths() const;
    std::optional<std::size_t> widest_to_cut(const std::vector<std::size_t>& widths) const;
    std::optional<std::size_t> least_important(const std::vector<std::size_t>& widths) const;
    std::vector<std::size_t> fitted_widths(std::size_t width) const;
    std::string line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                     const Look& look) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
    std::map<std::size_t, std::string> headings_;  // by the row that it stands above
};

}  // namespace ccd::ctl
