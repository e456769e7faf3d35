// Any reply as JSON, by its fields.
//
//   durations  NAME_s, in seconds          sizes      NAME_bytes
//   moments    RFC 3339, UTC, milliseconds blobs      NAME, or NAME_base64 if not UTF-8
//   absent     null                        text       broken UTF-8 is replaced
#pragma once

#include <concepts>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/field.h"
#include "ccd/result.h"
#include "lib/text/utf8.h"

namespace ccd::ctl {

using Json = nlohmann::ordered_json;

Json to_json(Millis value);
Json to_json(WallTime value);
Json to_json(const Blob& value);

inline Json to_json(Bytes value) {
    return value.count;
}
inline Json to_json(const std::string& value) {
    return value;
}
inline Json to_json(double value) {
    return value;
}
template <std::integral T>
Json to_json(T value) {
    return value;
}
template <NamedEnum E>
Json to_json(E value) {
    return to_string(value);
}

template <field::Described T>
Json to_json(const T& value);
template <class T>
Json to_json(const std::vector<T>& values);
template <class T>
Json to_json(const std::map<std::string, T>& values);

template <class T>
Json to_json(const std::optional<T>& value) {
    return value ? to_json(*value) : Json{};
}
template <class T>
Json to_json(const std::vector<T>& values) {
    auto array = Json::array();
    for (const auto& value : values) array.push_back(to_json(value));
    return array;
}
template <class T>
Json to_json(const std::map<std::string, T>& values) {
    auto object = Json::object();
    for (const auto& [key, value] : values) object[key] = to_json(value);
    return object;
}

// What stands behind a field's name: its unit.
template <class T>
std::string_view suffix_of(const T&) {
    if constexpr (std::same_as<T, Millis>) return "_s";
    if constexpr (std::same_as<T, Bytes>) return "_bytes";
    return {};
}
inline std::string_view suffix_of(const Blob& value) {
    return text::is_utf8(value.bytes) ? "" : "_base64";
}
template <class T>
std::string_view suffix_of(const std::optional<T>& value) {
    return suffix_of(value ? *value : T{});
}

template <const auto& fields, class T>
Json object_of(const T& value) {
    auto object = Json::object();
    field::for_each(fields, [&](const auto& field) {
        const auto& member = value.*field.member;
        std::string name{field.name};
        object[name.append(suffix_of(member))] = to_json(member);
    });
    return object;
}

template <field::Described T>
Json to_json(const T& value) {
    return object_of<T::fields>(value);
}

// {"error": {...}}
Json to_json(const Error& error);

// One line, with its line feed.
std::string line_of(const Json& json);

}  // namespace ccd::ctl
