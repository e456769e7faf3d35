// A prepared statement, kept for as long as the connection, and one use of it.
//
// A Run is lent by its Statement and resets it when it goes, so that no read stays open and no
// parameter points at what is gone. At most one Run of a Statement lives at a time.
//
// Owner: whoever owns the connection, which must outlive it. Store thread only.
#pragma once

#include <memory>
#include <string_view>

#include "ccd/result.h"
#include "daemon/store/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ccd::store {

// What went wrong with the latest call on this connection. A broken rule of the schema is
// `conflict`, a misuse `internal`; all else is the disk's or the file's: `storage_unavailable`.
Error error_from(sqlite3* connection);

// Runs SQL that gives no rows, or whose rows do not matter. For what runs once.
Result<void> execute(sqlite3* connection, const char* sql);

class Statement {
public:
    class Run;

    // Holds none yet, and must not run.
    Statement() = default;

    static Result<Statement> prepare(sqlite3* connection, std::string_view sql);

    Run run();

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const noexcept;
    };

    explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Statement::Run {
public:
    explicit Run(sqlite3_stmt* handle) : handle_(handle) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run();

    // Gives the parameters ?1, ?2 and so on. The values must outlive this Run.
    template <class... Values>
    Result<void> bind(const Values&... values) {
        int index = 0;
        if (!(put(handle_, ++index, values) && ...)) return tl::unexpected{error()};
        return {};
    }

    // True: there is a row to read. False: there is none left.
    Result<bool> step();

    // Steps to the end.
    Result<void> finish();

    // Takes the columns of the row, from the first.
    template <class... Values>
    Result<void> read(Values&... values) const {
        int column = 0;
        if (!(get(handle_, column++, values) && ...)) return tl::unexpected{foreign_value()};
        return {};
    }

private:
    Error error() const;
    static Error foreign_value();

    sqlite3_stmt* handle_;
};

}  // namespace ccd::store
