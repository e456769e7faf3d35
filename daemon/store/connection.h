// A connection to a database of ours, set up as ccd needs it.
//
// Owner: the Database. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ccd/result.h"

struct sqlite3;

namespace ccd::store {

inline constexpr std::uint32_t page_size = 4096;

struct CloseConnection {
    void operator()(sqlite3* connection) const noexcept;
};

// Statements of it must go first.
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

// Opens or creates the database, recovers and migrates it. Refuses what Database::open refuses.
// An empty vfs is SQLite's own.
Result<Connection> connect(const std::string& path, const std::string& vfs);

// Whether closing copies the log into the database. Not, until this is called.
void set_checkpoint_at_close(sqlite3* connection);

}  // namespace ccd::store
