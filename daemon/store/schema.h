// What the database looks like on disk.
//
// A database is ours if its application_id says so; its user_version counts the migrations that
// made it. Migrations are only ever appended: what once ran on somebody's disk stays as it is.
#pragma once

#include <cstdint>

#include "ccd/result.h"

struct sqlite3;

namespace ccd::store {

// "ccd1"
inline constexpr std::uint32_t application_id = 0x63636431;

// The version that this program writes.
std::uint32_t schema_version();

// Refuses a database that a newer ccd has written.
Result<void> check_version(std::uint64_t version);

// Brings the database to schema_version(), or leaves it as it was. A newer one is refused.
Result<void> migrate(sqlite3* connection);

}  // namespace ccd::store
