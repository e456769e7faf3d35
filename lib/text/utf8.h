// UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace ccd::text {

struct Character {
    char32_t code = 0;
    std::size_t size = 1;   // in bytes
    bool is_valid = false;  // false: this byte begins no character, and `code` means nothing
};

// The character that `text` begins with. Overlong forms, surrogates and what lies above U+10FFFF
// are none. REQUIRES: `text` is not empty.
Character first_character(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace ccd::text
