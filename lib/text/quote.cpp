#include "lib/text/quote.h"

#include <cstddef>

#include "lib/text/utf8.h"

namespace ccd::text {
namespace {

// Control characters, those of U+0080 to U+009F too, are not. The backslash begins an escape.
bool is_printable(Character character) {
    auto code = character.code;
    return character.is_valid && code >= 0x20 && (code < 0x7F || code >= 0xA0) && code != '\\';
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
        auto character = first_character(rest);
        auto bytes = rest.substr(0, character.size);
        if (is_printable(character))
            out += bytes;
        else
            for (char byte : bytes) add_escaped(out, byte);
        done += bytes.size();
    }
    if (done < text.size()) out += "...";
    return out + "'";
}

}  // namespace ccd::text
