// A string that is written once and read often, in as little room as there is for it.
//
// The unfinished jobs are in memory, a million of them if need be, and most of their strings are
// empty. An empty Text takes the room of a pointer, any other one block more that holds the length
// and the bytes; a std::string takes four pointers, and a block from sixteen bytes on.
//
// A value. Thread rule: as of a std::string.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace ccd::store {

class Text {
public:
    Text() = default;
    // REQUIRES: less than 4 GiB.
    Text(std::string_view bytes) {
        if (bytes.empty()) return;
        const auto length = static_cast<Length>(bytes.size());
        block_ = std::make_unique_for_overwrite<char[]>(sizeof length + length);
        std::memcpy(block_.get(), &length, sizeof length);
        std::memcpy(block_.get() + sizeof length, bytes.data(), length);
    }
    Text(const std::string& bytes) : Text(std::string_view{bytes}) {}
    Text(const char* bytes) : Text(std::string_view{bytes}) {}
    Text(const Text& other) : Text(other.view()) {}
    Text(Text&&) noexcept = default;
    Text& operator=(const Text& other) { return *this = Text{other}; }
    Text& operator=(Text&&) noexcept = default;
    ~Text() = default;

    // Valid until the Text is assigned to, moved or gone.
    std::string_view view() const {
        if (!block_) return {};
        Length length = 0;
        std::memcpy(&length, block_.get(), sizeof length);
        return {block_.get() + sizeof length, length};
    }
    operator std::string_view() const { return view(); }
    std::string string() const { return std::string{view()}; }
    bool empty() const { return block_ == nullptr; }
    std::size_t size() const { return view().size(); }

    bool operator==(const Text& other) const { return view() == other.view(); }
    template <std::convertible_to<std::string_view> Other>
    bool operator==(const Other& other) const {
        return view() == std::string_view{other};
    }

private:
    using Length = std::uint32_t;

    std::unique_ptr<char[]> block_;  // the length, then so many bytes; none: empty
};

}  // namespace ccd::store
