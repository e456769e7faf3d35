// From the words of a command line to the members of a request: one `read` per C++ type.
//
// Each refuses with a sentence that quotes the word; who calls puts the option's name before it.
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ccd/field.h"
#include "ccd/result.h"
#include "lib/text/integer.h"

namespace ccd::ctl {

Result<void> read(std::string_view text, std::string& to);
Result<void> read(std::string_view text, double& to);
Result<void> read(std::string_view text, Blob& to);
Result<void> read(std::string_view text, Millis& to);
Result<void> read(std::string_view text, Bytes& to);
// RFC 3339 in UTC, or `+` and a duration from now.
Result<void> read(std::string_view text, WallTime& to);

// An option without a value: that it stands there is what it says.
inline Result<void> read(std::string_view, bool& to) {
    to = true;
    return {};
}

template <std::integral T>
requires(!std::same_as<T, bool>) Result<void> read(std::string_view text, T& to) {
    to = CCD_TRY(text::parse_integer<T>(text));
    return {};
}

// "must be one of a, b, c; did you mean b?"
Error not_one_of(std::string_view text, std::span<const std::string_view> names);

template <NamedEnum E>
std::vector<std::string_view> names_of() {
    std::vector<std::string_view> names;
    for (const auto& row : enumerators(E{})) names.push_back(row.name);
    return names;
}

template <NamedEnum E>
Result<void> read(std::string_view text, E& to) {
    auto found = find_enum<E>(text);
    if (!found) return tl::unexpected{not_one_of(text, names_of<E>())};
    to = *found;
    return {};
}

template <class T>
Result<void> read(std::string_view text, std::optional<T>& to) {
    return read(text, to.emplace());
}

// Numbers and names may stand in one word, split by commas; other text is one item as it is.
template <class T>
Result<void> read(std::string_view text, std::vector<T>& to) {
    if constexpr (std::integral<T> || NamedEnum<T>) {
        for (auto comma = text.find(','); comma != text.npos; comma = text.find(',')) {
            CCD_TRY(read(text.substr(0, comma), to.emplace_back()));
            text.remove_prefix(comma + 1);
        }
    }
    return read(text, to.emplace_back());
}

}  // namespace ccd::ctl
