// Fields: what is said about one member of a request, a reply or a struct inside them, said once.
//
// A field has a name (the wire's; ccctl writes '-' for '_'), a pointer to the member, a line of
// documentation and a place on the command line. Codec, argument parser, help, tables and JSON
// are all loops over lists of fields.
//
// What a member may be: bool, a 32- or 64-bit integer, double, std::string, Blob, Millis,
// WallTime, Bytes, an enum with `enumerators()`, a struct with `fields`, and std::optional,
// std::vector and std::map<std::string, ...> of these.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ccd/time.h"

namespace ccd {

// Bytes that are no text: `bin` on the wire, base64 in JSON.
struct Blob {
    std::string bytes;
    bool operator==(const Blob&) const = default;
};

// One value of an enum and its name on the wire and the command line.
template <class Enum>
struct Enumerator {
    Enum value;
    std::string_view name;
};
template <class Enum>
Enumerator(Enum, std::string_view) -> Enumerator<Enum>;

// An enum that is part of the contract: `enumerators(E{})`, found by its namespace, lists all.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E value) {
    enumerators(value);
};

template <NamedEnum E>
constexpr std::string_view to_string(E value) {
    for (const auto& row : enumerators(value))
        if (row.value == value) return row.name;
    return "?";
}

template <NamedEnum E>
constexpr std::optional<E> find_enum(std::string_view name) {
    for (const auto& row : enumerators(E{}))
        if (row.name == name) return row.value;
    return std::nullopt;
}

namespace field {

enum class Place : std::uint8_t {
    operand,   // by position; must be given
    operands,  // by position; may be left out
    option,    // --name value, or --name alone for a bool
    named,     // --name value; must be given
    unseen,    // on the wire only: ccctl fills it in
};

template <class Owner_, class Value_>
struct Field {
    using Owner = Owner_;
    using Value = Value_;

    std::string_view name;
    Value Owner::*member;
    std::string_view doc;  // one line, no full stop
    Place place;
    bool is_required;  // on the wire: its absence is refused, by name
};

// Must be there. On the command line: by position.
template <class Owner, class Value>
consteval auto required(std::string_view name, Value Owner::*member, std::string_view doc) {
    return Field<Owner, Value>{name, member, doc, Place::operand, true};
}

// May be left out; then the member keeps its default. On the command line: --name.
template <class Owner, class Value>
consteval auto optional(std::string_view name, Value Owner::*member, std::string_view doc) {
    return Field<Owner, Value>{name, member, doc, Place::option, false};
}

// Must be there. On the command line: --name.
template <class Owner, class Value>
consteval auto named(std::string_view name, Value Owner::*member, std::string_view doc) {
    return Field<Owner, Value>{name, member, doc, Place::named, true};
}

// Must be there, but on the command line it is an option: ccctl fills in what is not given.
template <class Owner, class Value>
consteval auto filled_in(std::string_view name, Value Owner::*member, std::string_view doc) {
    return Field<Owner, Value>{name, member, doc, Place::option, true};
}

// May be left out. On the command line: by position.
template <class Owner, class Value>
consteval auto operands(std::string_view name, Value Owner::*member, std::string_view doc) {
    return Field<Owner, Value>{name, member, doc, Place::operands, false};
}

// May be left out; not for people to type.
template <class Owner, class Value>
consteval auto unseen(std::string_view name, Value Owner::*member, std::string_view doc) {
    return Field<Owner, Value>{name, member, doc, Place::unseen, false};
}

namespace detail {

template <std::size_t i, class Field>
struct Numbered {
    Field field;
};

template <class Indices, class... Field>
struct ListOf;
template <std::size_t... i, class... Field>
struct ListOf<std::index_sequence<i...>, Field...> : Numbered<i, Field>... {
    constexpr explicit ListOf(Field... field) : Numbered<i, Field>{field}... {}

    template <class Visit>
    constexpr void for_each(Visit& visit) const {
        (visit(Numbered<i, Field>::field), ...);
    }
};

}  // namespace detail

// Fields of different types, in order. A std::tuple could hold them, but it asks of each whether it
// can be made of anything else, and every source that knows of commands would wait for that.
template <class... Field>
struct List : detail::ListOf<std::index_sequence_for<Field...>, Field...> {
    static constexpr std::size_t size = sizeof...(Field);

    constexpr explicit List(Field... field)
        : detail::ListOf<std::index_sequence_for<Field...>, Field...>{field...} {}
};

template <std::size_t i, class Field>
constexpr const Field& get(const detail::Numbered<i, Field>& numbered) {
    return numbered.field;
}

// Calls `visit(field)` for each field of a list, in order.
template <class... Field, class Visit>
constexpr void for_each(const List<Field...>& list, Visit&& visit) {
    list.for_each(visit);
}

// A struct that says its own fields, so that it can stand inside a request or a reply.
template <class T>
concept Described = requires {
    T::fields;
};

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};

template <class T>
struct is_map : std::false_type {};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type {};

}  // namespace field
}  // namespace ccd
