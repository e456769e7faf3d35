#include "ctl/display.h"

#include <algorithm>
#include <array>

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

struct Character {
    char32_t code = 0;
    std::size_t size = 1;  // bytes
    bool is_valid = false;
};

// The first character of `text`, which is not empty.
Character first_of(std::string_view text) {
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};  // by size
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) return {byte(0), 1, true};
    std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
    if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return {};
    char32_t code = byte(0) & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3f);
    }
    bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return {code, size, code >= least[size] && code <= 0x10ffff && !is_surrogate};
}

std::size_t width_of(Character character) {
    if (!character.is_valid) return 1;
    if (contains(narrow, character.code)) return 0;
    return contains(wide, character.code) ? 2 : 1;
}

bool is_harmful(Character character) {
    auto code = character.code;
    return !character.is_valid || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
           code == 0x2029 || contains(turning, code);
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        auto character = first_of(text);
        if (!character.is_valid) return false;
        text.remove_prefix(character.size);
    }
    return true;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        auto character = first_of(text);
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
        auto character = first_of(text.substr(kept));
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
        auto character = first_of(text);
        auto size = character.is_valid ? character.size : 1;
        if (is_harmful(character))
            clean.push_back('?');
        else
            clean.append(text.substr(0, size));
        text.remove_prefix(size);
    }
    return clean;
}

}  // namespace ccd::ctl
