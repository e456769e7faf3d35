#include "daemon/store/connection.h"

#include <sqlite3.h>

#include <array>

#include "daemon/store/file.h"
#include "daemon/store/schema.h"
#include "daemon/store/statement.h"

namespace ccd::store {
namespace {

// EXCLUSIVE comes before the first look at the file: the index of the log is then kept in memory,
// and no file of shared memory exists.
constexpr std::array first_pragmas{
    "pragma locking_mode = exclusive", "pragma page_size = 4096",
    "pragma synchronous = full",       "pragma mmap_size = 0",
    "pragma temp_store = memory",      "pragma cell_size_check = on",
    "pragma secure_delete = on",       "pragma cache_size = -16384",
    "pragma wal_autocheckpoint = 0",   "pragma journal_size_limit = 67108864",
};

Result<std::string> ask(sqlite3* connection, const char* sql) {
    Statement statement = CCD_TRY(Statement::prepare(connection, sql));
    Statement::Run run = statement.run();
    CCD_TRY(run.step());
    std::string text;
    CCD_TRY(run.read(text));
    return text;
}

Result<void> configure(sqlite3* connection) {
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    for (const char* pragma : first_pragmas) CCD_TRY(execute(connection, pragma));
    return {};
}

// A new database is stamped as ours by its very first write, so whatever an interrupted start
// leaves behind is either ours or rolled back to nothing.
Result<void> claim(sqlite3* connection, const std::string& path) {
    const std::string ours = std::to_string(application_id);
    if (CCD_TRY(ask(connection, "pragma page_count")) == "0") {
        CCD_TRY(execute(connection, ("pragma application_id = " + ours).c_str()));
    } else if (CCD_TRY(ask(connection, "pragma application_id")) != ours) {
        return failure(Errc::storage_unavailable,
                       "'" + path + "' is a database of another program: it was left alone");
    }
    if (CCD_TRY(ask(connection, "pragma journal_mode = wal")) == "wal") return {};
    return failure(Errc::storage_unavailable, "'" + path + "' cannot have a write-ahead log");
}

}  // namespace

void CloseConnection::operator()(sqlite3* connection) const noexcept {
    sqlite3_close_v2(connection);
}

Result<Connection> connect(const std::string& path, const std::string& vfs) {
    CCD_TRY(check_file(path));
    CCD_TRY(renew_log(path));

    // One thread at a time: SQLite's own mutexes are not needed.
    constexpr int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    sqlite3* handle = nullptr;
    const int opened =
        sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
    Connection connection{handle};
    if (opened != SQLITE_OK) return tl::unexpected{error_from(handle)};

    CCD_TRY(configure(handle));
    CCD_TRY(claim(handle, path));
    CCD_TRY(migrate(handle));
    return connection;
}

void set_checkpoint_at_close(sqlite3* connection) {
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

}  // namespace ccd::store
