// One value of the configuration, from and to text.
//
// There is an overload for each type that a Scalar may have, and no general template: a new type of
// value fails to compile until somebody has said how it is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/config.h"

namespace ccd::daemon {

// Each says in its error what it got and what is allowed, and leaves the value alone then.
Result<void> parse_value(std::string_view text, Range range, std::string& value);
Result<void> parse_value(std::string_view text, Range range, std::filesystem::path& value);
Result<void> parse_value(std::string_view text, Range range, FileMode& value);
Result<void> parse_value(std::string_view text, Range range, std::uint32_t& value);
Result<void> parse_value(std::string_view text, Range range, std::int32_t& value);
Result<void> parse_value(std::string_view text, Range range, Millis& value);
Result<void> parse_value(std::string_view text, Range range, Bytes& value);
Result<void> parse_value(std::string_view text, Range range, ExecutorChoice& value);
Result<void> parse_value(std::string_view text, Range range, GpuSource& value);
Result<void> parse_value(std::string_view text, Range range, GpuPolicy& value);

// As it stands in a file, quotes included.
std::string to_toml(const std::string& value);
std::string to_toml(const std::filesystem::path& value);
std::string to_toml(FileMode value);
std::string to_toml(std::uint32_t value);
std::string to_toml(std::int32_t value);
std::string to_toml(Millis value);
std::string to_toml(Bytes value);
std::string to_toml(ExecutorChoice value);
std::string to_toml(GpuSource value);
std::string to_toml(GpuPolicy value);

// How a value is written in a file.
enum class Literal : std::uint8_t {
    number,    // without quotes
    text,      // in quotes, as all below
    duration,  // 2s
    mode,      // 0660
    size,      // 512MiB, or a number of bytes without quotes
};
template <class Value>
constexpr Literal literal_of(const Value&) {
    return Literal::text;
}
constexpr Literal literal_of(std::uint32_t) {
    return Literal::number;
}
constexpr Literal literal_of(std::int32_t) {
    return Literal::number;
}
constexpr Literal literal_of(Millis) {
    return Literal::duration;
}
constexpr Literal literal_of(FileMode) {
    return Literal::mode;
}
constexpr Literal literal_of(Bytes) {
    return Literal::size;
}

// Sets the member to what the text says.
template <class Owner>
Result<void> assign(Owner& owner, const Scalar<Owner>& scalar, Range range, std::string_view text) {
    return std::visit([&](auto member) { return parse_value(text, range, owner.*member); }, scalar);
}

template <class Owner>
Literal literal_of(const Owner& owner, const Scalar<Owner>& scalar) {
    return std::visit([&](auto member) { return literal_of(owner.*member); }, scalar);
}

template <class Owner>
std::string to_toml(const Owner& owner, const Scalar<Owner>& scalar) {
    return std::visit([&](auto member) { return to_toml(owner.*member); }, scalar);
}

}  // namespace ccd::daemon
