#include "lib/text/quote.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ccd::text {
namespace {

constexpr bool continues(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

// The bytes of the printable character that `text` begins with; 0 if it does not begin with one.
// Overlong forms, surrogates and the control characters U+0080 to U+009F are none.
std::size_t printable_length(std::string_view text) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    std::uint32_t first = byte(0);
    if (first < 0x80) return first >= 0x20 && first < 0x7F && first != '\\';
    std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    std::uint32_t point = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(byte(i))) return 0;
        point = point << 6 | (byte(i) & 0x3FU);
    }
    constexpr std::uint32_t least[] = {0, 0, 0xA0, 0x800, 0x10000};
    bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point >= least[length] && point <= 0x10FFFF && !is_surrogate ? length : 0;
}

void add_escaped(std::string& out, char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    auto value = static_cast<unsigned char>(byte);
    out += "\\x";
    out += digits[value >> 4];
    out += digits[value & 15];
}

}  // namespace

std::string quote(std::string_view text) {
    std::string out = "'";
    std::size_t done = 0;
    while (done < text.size() && done < quote_limit) {
        auto rest = text.substr(done);
        auto length = printable_length(rest);
        if (length == 0)
            add_escaped(out, rest.front());
        else
            out += rest.substr(0, length);
        done += std::max<std::size_t>(length, 1);
    }
    if (done < text.size()) out += "...";
    return out + "'";
}

}  // namespace ccd::text
