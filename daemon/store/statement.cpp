#include "daemon/store/statement.h"

#include <sqlite3.h>

#include <system_error>

namespace ccd::store {
namespace {

Errc code_of(int primary) {
    switch (primary) {
        case SQLITE_CONSTRAINT:
            return Errc::conflict;
        case SQLITE_ERROR:
        case SQLITE_MISUSE:
        case SQLITE_MISMATCH:
        case SQLITE_RANGE:
        case SQLITE_TOOBIG:
            return Errc::internal;
        default:
            return Errc::storage_unavailable;
    }
}

}  // namespace

Error error_from(sqlite3* connection) {
    const int extended = sqlite3_extended_errcode(connection);
    const int primary = extended & 0xff;
    std::string message = std::string{"the database says: "} + sqlite3_errmsg(connection) + " (" +
                          std::to_string(extended);
    const int system = sqlite3_system_errno(connection);
    if (system != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
        message += ", " + std::generic_category().message(system);
    }
    return Error{.code = code_of(primary), .message = message + ")"};
}

Result<void> execute(sqlite3* connection, const char* sql) {
    if (sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return tl::unexpected{error_from(connection)};
    }
    return {};
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
    sqlite3_finalize(handle);
}

Result<Statement> Statement::prepare(sqlite3* connection, std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    if (sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK) {
        return tl::unexpected{error_from(connection)};
    }
    return Statement{handle};
}

Statement::Run Statement::run() {
    return Run{handle_.get()};
}

Statement::Run::~Run() {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
}

Result<bool> Statement::Run::step() {
    switch (sqlite3_step(handle_)) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:
            return tl::unexpected{error()};
    }
}

Result<void> Statement::Run::finish() {
    while (CCD_TRY(step())) {
    }
    return {};
}

Error Statement::Run::error() const {
    return error_from(sqlite3_db_handle(handle_));
}

Error Statement::Run::foreign_value() {
    return Error{.code = Errc::storage_unavailable,
                 .message = "the database holds a value that ccd has not written"};
}

}  // namespace ccd::store
