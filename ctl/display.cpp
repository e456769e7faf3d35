#include "ctl/display.h"

#include <algorithm>
#include <array>

#include "lib/text/utf8.h"

namespace ccd::ctl {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

// After Unicode's East Asian Width and general category, whole blocks at a time.
constexpr std::array wide{
    Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},
    Range{0x3400, 0x4dbf},   Range{0x4e00, 0x9fff},   Range{0xa000, 0xa4cf},
    Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},
    Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},   Range{0x1f300, 0x1f64f},
    Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd},
};
constexpr std::array narrow{
    Range{0x0300, 0x036f},
    Range{0x200b, 0x200f},
    Range{0x20d0, 0x20ff},
    Range{0xfe00, 0xfe0f},
};
// Letters that turn the direction of the line are control characters by another name.
constexpr std::array turning{Range{0x202a, 0x202e}, Range{0x2066, 0x2069}};

bool contains(const auto& ranges, char32_t c) {
    return std::ranges::any_of(ranges,
                               [c](Range range) { return range.first <= c && c <= range.last; });
}

std::size_t width_of(text::Character character) {
    if (!character.is_valid) return 1;
    if (contains(narrow, character.code)) return 0;
    return contains(wide, character.code) ? 2 : 1;
}

bool is_harmful(text::Character character) {
    auto code = character.code;
    return !character.is_valid || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
           code == 0x2029 || contains(turning, code);
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        auto character = text::first_character(text);
        width += width_of(character);
        text.remove_prefix(character.size);
    }
    return width;
}

std::string clipped(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string{text};
    if (width == 0) return {};
    std::size_t kept = 0;
    for (std::size_t used = 0;;) {
        auto character = text::first_character(text.substr(kept));
        used += width_of(character);
        if (used > width - 1) break;
        kept += character.size;
    }
    return std::string{text.substr(0, kept)} + "…";
}

std::string printable(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        auto character = text::first_character(text);
        if (is_harmful(character))
            clean.push_back('?');
        else
            clean.append(text.substr(0, character.size));
        text.remove_prefix(character.size);
    }
    return clean;
}

}  // namespace ccd::ctl
