// Text in a buffer of fixed size, for code that must not allocate.
//
// What does not fit is cut off, between characters, never within one.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ccd::exec {

// The length of the UTF-8 character that `text` begins with; 0 where it begins with none.
std::size_t character_length(std::string_view text);

template <std::size_t capacity>
class ShortText {
public:
    ShortText() = default;

    ShortText& add(std::string_view text) {
        std::size_t length = std::min(text.size(), capacity - size_);
        if (length < text.size())
            while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
                --length;
        std::copy_n(text.data(), length, bytes_ + size_);
        size_ += length;
        bytes_[size_] = '\0';
        is_cut_ = is_cut_ || length < text.size();
        return *this;
    }

    ShortText& add(std::uint64_t number) {
        char digits[20];
        char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
        return add(std::string_view(digits, static_cast<std::size_t>(end - digits)));
    }

    // Of others' text only what is printable UTF-8 is kept; the rest becomes question marks.
    ShortText& add_quoted(std::string_view text) {
        add("'");
        while (!text.empty() && !is_cut_) {
            std::size_t length = character_length(text);
            bool is_plain = length > 1 || (length == 1 && text[0] >= ' ' && text[0] != '\x7f');
            add(is_plain ? std::string_view(text.data(), length) : "?");
            text.remove_prefix(std::max<std::size_t>(length, 1));
        }
        return add("'");
    }

    const char* c_str() const { return bytes_; }
    std::string_view view() const { return {bytes_, size_}; }
    bool is_cut() const { return is_cut_; }

private:
    std::size_t size_ = 0;
    bool is_cut_ = false;
    char bytes_[capacity + 1] = {};
};

}  // namespace ccd::exec
