// Requests and replies to and from MessagePack, by their fields.
//
//     wire::encode<Command::reply_fields, wire::Absent::written>(packer, reply);
//     auto request = wire::decode<Request, Command::request_fields>(bytes, Unknown::refused);
#pragma once

#include "lib/wire/kinds.h"
#include "lib/wire/packer.h"
#include "lib/wire/parse.h"

namespace ccd::wire {

// What becomes of a field that may be left out and has its default value.
enum class Absent : std::uint8_t {
    left_out,  // requests: small, and an older daemon does not see what it does not know
    written,   // replies: every field is there, nil where there is nothing to say
};

// Appends a map of the fields.
template <const auto& fields, Absent absent, class T>
void encode(Packer& packer, const T& object);

namespace detail {

inline void put(Packer& packer, bool value) {
    packer.boolean(value);
}
template <std::signed_integral T>
void put(Packer& packer, T value) {
    packer.integer(value);
}
template <std::unsigned_integral T>
requires(!std::same_as<T, bool>) void put(Packer& packer, T value) {
    packer.natural(value);
}
inline void put(Packer& packer, double value) {
    packer.real(value);
}
inline void put(Packer& packer, const std::string& value) {
    packer.text(value);
}
inline void put(Packer& packer, const Blob& value) {
    packer.binary(value.bytes);
}
inline void put(Packer& packer, Millis value) {
    packer.integer(value.count());
}
inline void put(Packer& packer, WallTime value) {
    packer.integer(value.time_since_epoch().count());
}
inline void put(Packer& packer, Bytes value) {
    packer.natural(value.count);
}
template <NamedEnum E>
void put(Packer& packer, E value) {
    packer.text(to_string(value));
}
template <field::Described T>
void put(Packer& packer, const T& value) {
    encode<T::fields, Absent::written>(packer, value);
}
template <class T>
void put(Packer& packer, const std::optional<T>& value);
template <class T>
void put(Packer& packer, const std::map<std::string, T>& value);

template <class T>
void put(Packer& packer, const std::vector<T>& value) {
    packer.array(value.size());
    for (const auto& item : value) put(packer, item);
}
template <class T>
void put(Packer& packer, const std::map<std::string, T>& value) {
    packer.map(value.size());
    for (const auto& [key, item] : value) {
        packer.text(key);
        put(packer, item);
    }
}
template <class T>
void put(Packer& packer, const std::optional<T>& value) {
    if (value)
        put(packer, *value);
    else
        packer.nil();
}

// Whether a field's value is the one it has when nothing is said.
template <class T, class Field>
bool is_default(const T& object, const Field& field) {
    static const T nothing_said{};
    return !field.is_required && object.*field.member == nothing_said.*field.member;
}

}  // namespace detail

template <const auto& fields, Absent absent, class T>
void encode(Packer& packer, const T& object) {
    auto is_left_out = [&](const auto& field) {
        if constexpr (absent == Absent::left_out) return detail::is_default(object, field);
        return false;
    };
    std::size_t size = 0;
    field::for_each(fields, [&](const auto& field) { size += is_left_out(field) ? 0 : 1; });
    packer.map(size);
    field::for_each(fields, [&](const auto& field) {
        if (is_left_out(field)) return;
        packer.text(field.name);
        detail::put(packer, object.*field.member);
    });
}

// The fields of a T from one map. Requests refuse what they do not know, clients ignore it.
template <class T, const auto& fields>
Result<T> decode(std::string_view bytes, Unknown unknown) {
    T object{};
    CCD_TRY(parse(bytes, Target{&KindOfStruct<T, fields>::kind, &object}, unknown));
    return object;
}

}  // namespace ccd::wire
