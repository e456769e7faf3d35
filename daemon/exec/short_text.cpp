#include "daemon/exec/short_text.h"

namespace ccd::exec {
namespace {

struct Lead {
    unsigned char first, last;             // range of the first byte
    std::size_t length;                    // of the character
    unsigned char second_min, second_max;  // range of the second byte
};

// Unicode's table of well-formed UTF-8: no overlong forms, no surrogates.
constexpr Lead leads[] = {
    {0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

}  // namespace

std::size_t character_length(std::string_view text) {
    if (text.empty()) return 0;
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto* lead = std::ranges::find_if(
        leads, [&](const Lead& row) { return row.first <= byte(0) && byte(0) <= row.last; });
    if (lead == std::end(leads) || text.size() < lead->length) return 0;
    if (lead->length == 1) return 1;
    if (byte(1) < lead->second_min || byte(1) > lead->second_max) return 0;
    for (std::size_t i = 2; i < lead->length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    return lead->length;
}

}  // namespace ccd::exec
