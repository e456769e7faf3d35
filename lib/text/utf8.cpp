#include "lib/text/utf8.h"

#include <array>
#include <cassert>

namespace ccd::text {

Character first_character(std::string_view text) {
    assert(!text.empty());
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
    if (code < least[size] || code > 0x10ffff || is_surrogate) return {};
    return {code, size, true};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        auto character = first_character(text);
        if (!character.is_valid) return false;
        text.remove_prefix(character.size);
    }
    return true;
}

}  // namespace ccd::text
