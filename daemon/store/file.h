// The files of the database, looked at before SQLite opens them.
//
// SQLite's locks go when any descriptor of the database is closed, so nothing here may be called
// while a connection is open. Store thread only.
#pragma once

#include <string>

#include "ccd/result.h"

namespace ccd::store {

// Refuses, and leaves alone, what is not a database of ccd, or one that a newer ccd has written,
// or a write-ahead log whose database is gone. A path where nothing is, or an empty file, is fine.
Result<void> check_file(const std::string& path);

// Makes what can be read of the write-ahead log durable, by writing its bytes over themselves.
//
// After a failed fsync the kernel may show pages that never reached the disk and call them clean,
// also to a later process; a new fsync would succeed and do nothing. Written again they are dirty,
// and the fsync is true. What an interrupted checkpoint wrote to the database itself needs no such
// care: the log still holds it, and the checkpoint at opening writes it again.
Result<void> renew_log(const std::string& path);

}  // namespace ccd::store
