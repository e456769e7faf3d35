// Values as people read them: one `text_of` per C++ type. Others' text is made printable.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/field.h"
#include "ccd/host.h"
#include "ccd/job.h"

namespace ccd::ctl {

std::string text_of(bool value);
std::string text_of(double value);
std::string text_of(const std::string& value);
std::string text_of(const Blob& value);
std::string text_of(Millis value);
std::string text_of(WallTime value);
std::string text_of(Bytes value);
std::string text_of(const host::Slots& value);      // "1/3"
std::string text_of(const host::Quantiles& value);  // "p50 1.2ms p99 40ms"

template <std::integral T>
requires(!std::same_as<T, bool>) std::string text_of(T value) {
    return std::to_string(value);
}

template <NamedEnum E>
std::string text_of(E value) {
    return std::string{to_string(value)};
}

template <class T>
std::string text_of(const std::optional<T>& value);
template <class T>
std::string text_of(const std::vector<T>& values);
template <class T>
std::string text_of(const std::map<std::string, T>& values);

// A struct in a line: its names and values by turns.
template <field::Described T>
std::string text_of(const T& value) {
    std::string line;
    field::for_each(T::fields, [&](const auto& field) {
        auto text = text_of(value.*field.member);
        if (text.empty()) return;
        line.append(line.empty() ? "" : "  ").append(field.name).append(" ").append(text);
    });
    return line;
}

template <class T>
std::string text_of(const std::optional<T>& value) {
    return value ? text_of(*value) : std::string{};
}

template <class T>
std::string text_of(const std::vector<T>& values) {
    std::string line;
    for (const auto& value : values) line.append(line.empty() ? "" : ", ").append(text_of(value));
    return line;
}

template <class T>
std::string text_of(const std::map<std::string, T>& values) {
    std::string line;
    for (const auto& [key, value] : values)
        line.append(line.empty() ? "" : "  ")
            .append(text_of(key))
            .append(" ")
            .append(text_of(value));
    return line;
}

// As a shell would take it again.
std::string command_line(const std::vector<std::string>& argv);

// The state, with the exit code or the signal folded in: "failed (1)", "cancelled (KILL)".
std::string state_of(const job::View& job);

// How long it ran, or has run; before its first start how long it has waited.
std::string time_of(const job::View& job, WallTime now);

}  // namespace ccd::ctl
