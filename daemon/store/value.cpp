#include "daemon/store/value.h"

#include <sqlite3.h>

#include <cassert>

namespace ccd::store {
namespace {

constexpr std::size_t id_size = sizeof(job::Id);

// The bytes of a text or a blob; valid until the statement is stepped or reset.
std::string_view bytes_of(sqlite3_stmt* statement, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
    const int size = sqlite3_column_bytes(statement, column);
    return bytes == nullptr ? std::string_view{}
                            : std::string_view{bytes, static_cast<std::size_t>(size)};
}

template <class Enum>
bool get_enum(sqlite3_stmt* statement, int column, Enum last, Enum& value) {
    const std::int64_t stored = get_integer(statement, column);
    if (stored < 0 || stored > static_cast<std::int64_t>(last)) return false;
    value = static_cast<Enum>(stored);
    return true;
}

}  // namespace

bool put_null(sqlite3_stmt* statement, int index) {
    return sqlite3_bind_null(statement, index) == SQLITE_OK;
}

bool put_integer(sqlite3_stmt* statement, int index, std::int64_t value) {
    return sqlite3_bind_int64(statement, index, value) == SQLITE_OK;
}

bool put(sqlite3_stmt* statement, int index, Bytes value) {
    return put(statement, index, value.count);
}

bool put(sqlite3_stmt* statement, int index, Millis value) {
    return put(statement, index, value.count());
}

bool put(sqlite3_stmt* statement, int index, WallTime value) {
    return put(statement, index, value.time_since_epoch());
}

// A null pointer would be bound as NULL: empty text points at something.
bool put(sqlite3_stmt* statement, int index, std::string_view text) {
    return sqlite3_bind_text64(statement, index, text.empty() ? "" : text.data(), text.size(),
                               SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

bool put(sqlite3_stmt* statement, int index, BlobView blob) {
    return sqlite3_bind_blob64(statement, index, blob.bytes.empty() ? "" : blob.bytes.data(),
                               blob.bytes.size(), SQLITE_STATIC) == SQLITE_OK;
}

bool put(sqlite3_stmt* statement, int index, const std::vector<std::string>& list) {
    if (list.empty()) return put(statement, index, BlobView{});
    std::string joined;
    for (const std::string& text : list) {
        assert(text.find('\0') == std::string::npos);
        joined.append(text).push_back('\0');
    }
    return sqlite3_bind_blob64(statement, index, joined.data(), joined.size(), SQLITE_TRANSIENT) ==
           SQLITE_OK;
}

bool put(sqlite3_stmt* statement, int index, const std::vector<job::Id>& list) {
    if (list.empty()) return put(statement, index, BlobView{});
    std::string bytes;
    for (job::Id id : list)
        for (std::size_t i = 0; i < id_size; ++i, id >>= 8) bytes.push_back(static_cast<char>(id));
    return sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_TRANSIENT) ==
           SQLITE_OK;
}

std::int64_t get_integer(sqlite3_stmt* statement, int column) {
    return sqlite3_column_int64(statement, column);
}

bool is_null(sqlite3_stmt* statement, int column) {
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

bool get(sqlite3_stmt* statement, int column, bool& value) {
    const std::int64_t stored = get_integer(statement, column);
    value = stored != 0;
    return stored == 0 || stored == 1;
}

bool get(sqlite3_stmt* statement, int column, job::State& value) {
    return get_enum(statement, column, job::state_table.back().value, value);
}

bool get(sqlite3_stmt* statement, int column, job::Class& value) {
    return get_enum(statement, column, job::class_table.back().value, value);
}

bool get(sqlite3_stmt* statement, int column, job::End& value) {
    return get_enum(statement, column, job::end_table.back().value, value);
}

bool get(sqlite3_stmt* statement, int column, queue::WhenFull& value) {
    return get_enum(statement, column, enumerators(value).back().value, value);
}

bool get(sqlite3_stmt* statement, int column, queue::OnConsumerDeath& value) {
    return get_enum(statement, column, enumerators(value).back().value, value);
}

bool get(sqlite3_stmt* statement, int column, Ending& value) {
    return get_enum(statement, column, Ending::time_limit, value);
}

bool get(sqlite3_stmt* statement, int column, Bytes& value) {
    return get(statement, column, value.count);
}

bool get(sqlite3_stmt* statement, int column, Millis& value) {
    value = Millis{get_integer(statement, column)};
    return true;
}

bool get(sqlite3_stmt* statement, int column, WallTime& value) {
    value = WallTime{Millis{get_integer(statement, column)}};
    return true;
}

bool get(sqlite3_stmt* statement, int column, std::string& value) {
    value = bytes_of(statement, column);
    return true;
}

bool get(sqlite3_stmt* statement, int column, Text& value) {
    value = bytes_of(statement, column);
    return true;
}

bool get(sqlite3_stmt* statement, int column, std::vector<std::string>& list) {
    list.clear();
    std::string_view rest = bytes_of(statement, column);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\0');
        if (end == std::string_view::npos) return false;
        list.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    return true;
}

bool get(sqlite3_stmt* statement, int column, std::vector<job::Id>& list) {
    list.clear();
    std::string_view rest = bytes_of(statement, column);
    for (; rest.size() >= id_size; rest.remove_prefix(id_size)) {
        job::Id id = 0;
        for (std::size_t i = id_size; i-- > 0;) id = id << 8 | static_cast<unsigned char>(rest[i]);
        list.push_back(id);
    }
    return rest.empty();
}

}  // namespace ccd::store
