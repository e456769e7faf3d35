// A std::optional that takes no more room than its value: the least one stands for none.
//
// For moments and durations, of which nobody needs the least one.
//
// A value. Thread rule: as of a T.
#pragma once

#include <concepts>
#include <optional>

namespace ccd::store {

template <class T>
class CompactOptional {
public:
    constexpr CompactOptional() = default;
    constexpr CompactOptional(std::nullopt_t) {}
    // REQUIRES: it is not the least one.
    template <std::convertible_to<T> Value>
    constexpr CompactOptional(Value value) : value_(value) {}
    constexpr CompactOptional(const std::optional<T>& value) : value_(value.value_or(none)) {}

    constexpr bool has_value() const { return value_ != none; }
    constexpr explicit operator bool() const { return has_value(); }
    // REQUIRES: there is one.
    constexpr const T& operator*() const { return value_; }
    constexpr T value_or(T other) const { return has_value() ? value_ : other; }
    constexpr operator std::optional<T>() const {
        return has_value() ? std::optional{value_} : std::nullopt;
    }
    constexpr void reset() { value_ = none; }

    constexpr bool operator==(const CompactOptional&) const = default;

private:
    static constexpr T none = T::min();

    T value_ = none;
};

}  // namespace ccd::store
