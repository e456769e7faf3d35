// A JSON object of people's into a request, by its fields.
//
// Names are the wire's. Durations and sizes may be text, as on the command line, or numbers in the
// wire's units: milliseconds, bytes. Nothing is guessed: a number in quotes is no number.
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/field.h"
#include "ctl/json.h"
#include "ctl/value.h"

namespace ccd::ctl {

Result<void> read(const Json& json, bool& to);
Result<void> read(const Json& json, double& to);
Result<void> read(const Json& json, std::string& to);
Result<void> read(const Json& json, Millis& to);
Result<void> read(const Json& json, Bytes& to);
Result<void> read(const Json& json, WallTime& to);

// "must be text, not a number"
tl::unexpected<Error> wrong_kind(std::string_view wanted, const Json& json);

// Refuses a name that no field has, with the nearest that one has.
Result<void> check_name(std::string_view name, std::span<const std::string_view> known);

template <class T>
Result<void> read(const Json& json, std::optional<T>& to);
template <class T>
Result<void> read(const Json& json, std::vector<T>& to);

template <std::integral T>
requires(!std::same_as<T, bool>) Result<void> read(const Json& json, T& to) {
    if (!json.is_number_integer()) return wrong_kind("a whole number", json);
    // As text, so that what does not fit is refused as on the command line.
    return read(std::string_view{json.dump()}, to);
}

template <NamedEnum E>
Result<void> read(const Json& json, E& to) {
    std::string name;
    CCD_TRY(read(json, name));
    return read(std::string_view{name}, to);
}

template <class T>
Result<void> read(const Json& json, std::optional<T>& to) {
    if (!json.is_null()) return read(json, to.emplace());
    to.reset();
    return {};
}

template <class T>
Result<void> read(const Json& json, std::vector<T>& to) {
    if (!json.is_array()) return wrong_kind("a list", json);
    to.clear();
    for (const auto& item : json) CCD_TRY(read(item, to.emplace_back()));
    return {};
}

template <class T, const auto& fields>
Result<T> from_json(const Json& json) {
    if (!json.is_object()) return wrong_kind("a JSON object", json);
    T object{};
    std::vector<std::string_view> known;
    Result<void> done;
    field::for_each(fields, [&](const auto& field) {
        known.push_back(field.name);
        auto found = json.find(field.name);
        if (!done) return;
        if (found != json.end()) {
            done = read(*found, object.*field.member);
            if (!done) done.error().message.insert(0, std::string{field.name} + ": ");
        } else if (field.place == field::Place::operand) {
            done = failure(Errc::bad_request, std::string{field.name} + " is missing");
        }
    });
    CCD_TRY(done);
    for (const auto& [name, value] : json.items()) CCD_TRY(check_name(name, known));
    return object;
}

}  // namespace ccd::ctl
