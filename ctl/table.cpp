#include "ctl/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "ctl/display.h"

namespace ccd::ctl {
namespace {

constexpr std::size_t gap = 2;  // between columns

// Of the columns that are shown, with the gaps between them.
std::size_t total(const std::vector<std::size_t>& widths) {
    auto sum = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
    auto shown = static_cast<std::size_t>(
        std::ranges::count_if(widths, [](auto width) { return width > 0; }));
    return sum + (shown > 1 ? (shown - 1) * gap : 0);
}

}  // namespace

void Table::add(std::vector<Cell> row) {
    assert(row.size() == columns_.size());
    for (auto& cell : row) cell.text = printable(cell.text);
    rows_.push_back(std::move(row));
}

void Table::add_heading(std::string text) {
    headings_[rows_.size()] = printable(text);
}

// 0: no row needs the column.
std::vector<std::size_t> Table::needed_widths() const {
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], display_width(row[i].text));
    for (std::size_t i = 0; i < widths.size(); ++i)
        if (widths[i] > 0) widths[i] = std::max(widths[i], display_width(columns_[i].title));
    return widths;
}

std::optional<std::size_t> Table::widest_to_cut(const std::vector<std::size_t>& widths) const {
    std::optional<std::size_t> widest;
    for (std::size_t i = 0; i < widths.size(); ++i)
        if (columns_[i].cut_to > 0 && widths[i] > columns_[i].cut_to &&
            (!widest || widths[i] > widths[*widest]))
            widest = i;
    return widest;
}

std::optional<std::size_t> Table::least_important(const std::vector<std::size_t>& widths) const {
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < widths.size(); ++i)
        if (columns_[i].importance != Column::always && widths[i] > 0 &&
            (!least || columns_[i].importance < columns_[*least].importance))
            least = i;
    return least;
}

std::vector<std::size_t> Table::fitted_widths(std::size_t width) const {
    for (auto needed = needed_widths();;) {
        auto widths = needed;
        while (total(widths) > width) {
            auto widest = widest_to_cut(widths);
            if (!widest) break;
            --widths[*widest];
        }
        auto least = least_important(widths);
        if (total(widths) <= width || !least) return widths;
        needed[*least] = 0;
    }
}

std::string Table::line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                        const Look& look) const {
    std::string line;
    std::size_t owed = 0;  // blanks, written only if something follows
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (widths[i] == 0) continue;
        auto text = clipped(row[i].text, widths[i]);
        auto padding = widths[i] - display_width(text);
        if (columns_[i].align == Align::right) owed += std::exchange(padding, 0);
        if (!text.empty()) {
            line.append(owed, ' ').append(look.painted(text, row[i].colour));
            owed = 0;
        }
        owed += padding + gap;
    }
    return line.append("\n");
}

std::string Table::to_string(const Look& look) const {
    if (rows_.empty()) return {};
    auto widths = fitted_widths(look.width);
    std::vector<Cell> titles;
    for (const auto& column : columns_) titles.push_back({std::string{column.title}, Colour::grey});
    auto text = line(titles, widths, look);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (auto heading = headings_.find(i); heading != headings_.end())
            text.append(look.painted(clipped(heading->second, look.width), Colour::bold) + "\n");
        text.append(line(rows_[i], widths, look));
    }
    return text;
}

}  // namespace ccd::ctl
