// What holds for a database that nobody writes to, found out by reading all of it.
//
// Any thread; blocks for long where there is much.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "ccd/result.h"
#include "daemon/store/batch.h"

struct sqlite3;

namespace ccd::store {

// By which one thread ends the inspection that another makes. One inspection at a time.
class InspectionStop {
public:
    // It ends soon, as a failure. None is under way: nothing.
    void request();

    // For the inspection: it begins on this connection, and is over.
    void begin(sqlite3* connection);
    void end();
    bool is_requested() const { return is_requested_; }

private:
    std::mutex mutex_;
    sqlite3* connection_ = nullptr;
    std::atomic<bool> is_requested_ = false;
};

// Looks at the copy of the database at `path` (see copy.h), and removes it.
Result<Inspection> inspect_copy(const std::string& path, InspectionStop& stop);

}  // namespace ccd::store
