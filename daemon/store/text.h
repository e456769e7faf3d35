// A string that is written once and read often, in as little room as there is for it.
//
// The unfinished jobs are in memory, a million of them if need be, and most of their strings are
// empty or short. A Text of up to seven bytes takes the room of a pointer, any other one block more
// that holds the length and the bytes; a std::string takes four pointers, and a block from sixteen
// bytes on.
//
// A value. Thread rule: as of a std::string.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace ccd::store {

class Text {
public:
    Text() = default;
    // REQUIRES: less than 4 GiB.
    Text(std::string_view bytes) {
        if (bytes.empty()) return;
        if (bytes.size() <= most_in_place) {
            word_ = in_place | bytes.size() << 1;
            std::memcpy(place(), bytes.data(), bytes.size());
            return;
        }
        const auto length = static_cast<Length>(bytes.size());
        auto* block = new char[sizeof length + length];
        std::memcpy(block, &length, sizeof length);
        std::memcpy(block + sizeof length, bytes.data(), length);
        std::memcpy(&word_, &block, sizeof block);
    }
    Text(const std::string& bytes) : Text(std::string_view{bytes}) {}
    Text(const char* bytes) : Text(std::string_view{bytes}) {}
    Text(const Text& other) : Text(other.view()) {}
    Text(Text&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
    Text& operator=(const Text& other) { return *this = Text{other}; }
    Text& operator=(Text&& other) noexcept {
        std::swap(word_, other.word_);
        return *this;
    }
    ~Text() {
        if (!is_in_place()) delete[] block();
    }

    // Valid until the Text is assigned to, moved or gone.
    std::string_view view() const {
        if (empty()) return {};
        if (is_in_place()) return {place(), (word_ & 0xff) >> 1};
        Length length = 0;
        std::memcpy(&length, block(), sizeof length);
        return {block() + sizeof length, length};
    }
    operator std::string_view() const { return view(); }
    std::string string() const { return std::string{view()}; }
    bool empty() const { return word_ == 0; }
    std::size_t size() const { return view().size(); }

    bool operator==(const Text& other) const { return view() == other.view(); }
    template <std::convertible_to<std::string_view> Other>
    bool operator==(const Other& other) const {
        return view() == std::string_view{other};
    }

private:
    using Length = std::uint32_t;

    // No block begins at an odd address. So the first byte, which has the lowest bits, tells one
    // from bytes in place; with these, the bits above are the length.
    static constexpr std::uintptr_t in_place = 1;
    static constexpr std::size_t most_in_place = sizeof(std::uintptr_t) - 1;
    static_assert(std::endian::native == std::endian::little);

    bool is_in_place() const { return (word_ & in_place) != 0; }
    char* block() const { return reinterpret_cast<char*>(word_); }
    const char* place() const { return reinterpret_cast<const char*>(&word_) + 1; }
    char* place() { return reinterpret_cast<char*>(&word_) + 1; }

    // 0: empty. Else bytes in place, or the address of a block: the length, then so many bytes.
    std::uintptr_t word_ = 0;
};

}  // namespace ccd::store
