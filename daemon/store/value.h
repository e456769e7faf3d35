// How values go into the parameters of a statement and come out of its columns.
//
// One overload of `put` and of `get` per type, so that a type nobody thought of does not compile.
// An absent optional is NULL. A list of strings is a blob in which NUL ends each string, a list of
// jobs one of eight bytes for each, the lowest first. Numbers are SQLite's 64-bit integers; an
// unsigned 64-bit number keeps its bits. Text that is put must live until the statement has been
// reset: it is not copied.
//
// `put` returns false where SQLite refuses, `get` where a stored number does not fit: such a row
// was not written by ccd.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ccd/time.h"
#include "daemon/store/batch.h"
#include "daemon/store/text.h"

struct sqlite3_stmt;

namespace ccd::store {

// Bytes that are not text, e.g. because NUL is among them.
struct BlobView {
    std::string_view bytes;
};

bool put_null(sqlite3_stmt* statement, int index);
bool put_integer(sqlite3_stmt* statement, int index, std::int64_t value);
std::int64_t get_integer(sqlite3_stmt* statement, int column);
bool is_null(sqlite3_stmt* statement, int column);

template <std::integral Integer>
bool put(sqlite3_stmt* statement, int index, Integer value) {
    return put_integer(statement, index, static_cast<std::int64_t>(value));
}

template <class Enum>
requires std::is_enum_v<Enum>
bool put(sqlite3_stmt* statement, int index, Enum value) {
    return put_integer(statement, index, static_cast<std::int64_t>(value));
}

bool put(sqlite3_stmt* statement, int index, Bytes value);
bool put(sqlite3_stmt* statement, int index, Millis value);
bool put(sqlite3_stmt* statement, int index, WallTime value);
bool put(sqlite3_stmt* statement, int index, std::string_view text);
bool put(sqlite3_stmt* statement, int index, BlobView blob);
// REQUIRES: no NUL within a string.
bool put(sqlite3_stmt* statement, int index, const std::vector<std::string>& list);
bool put(sqlite3_stmt* statement, int index, const std::vector<job::Id>& list);

template <class Value>
bool put(sqlite3_stmt* statement, int index, const std::optional<Value>& value) {
    return value ? put(statement, index, *value) : put_null(statement, index);
}
template <class Value>
bool put(sqlite3_stmt* statement, int index, const CompactOptional<Value>& value) {
    return put(statement, index, std::optional<Value>{value});
}

template <std::integral Integer>
requires(!std::same_as<Integer, bool>) bool get(sqlite3_stmt* statement, int column,
                                                Integer& value) {
    const std::int64_t stored = get_integer(statement, column);
    value = static_cast<Integer>(stored);
    return sizeof(Integer) == sizeof(stored) || std::in_range<Integer>(stored);
}

bool get(sqlite3_stmt* statement, int column, bool& value);
bool get(sqlite3_stmt* statement, int column, job::State& value);
bool get(sqlite3_stmt* statement, int column, job::Class& value);
bool get(sqlite3_stmt* statement, int column, job::End& value);
bool get(sqlite3_stmt* statement, int column, Ending& value);
bool get(sqlite3_stmt* statement, int column, queue::WhenFull& value);
bool get(sqlite3_stmt* statement, int column, queue::OnConsumerDeath& value);
bool get(sqlite3_stmt* statement, int column, Bytes& value);
bool get(sqlite3_stmt* statement, int column, Millis& value);
bool get(sqlite3_stmt* statement, int column, WallTime& value);
bool get(sqlite3_stmt* statement, int column, std::string& value);
bool get(sqlite3_stmt* statement, int column, Text& value);
bool get(sqlite3_stmt* statement, int column, std::vector<std::string>& list);
bool get(sqlite3_stmt* statement, int column, std::vector<job::Id>& list);

template <class Value>
bool get(sqlite3_stmt* statement, int column, std::optional<Value>& value) {
    if (is_null(statement, column)) {
        value.reset();
        return true;
    }
    return get(statement, column, value.emplace());
}
template <class Value>
bool get(sqlite3_stmt* statement, int column, CompactOptional<Value>& value) {
    std::optional<Value> stored;
    if (!get(statement, column, stored)) return false;
    value = stored;
    return true;
}

}  // namespace ccd::store
