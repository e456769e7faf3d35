// The table of environments that jobs share.
//
// Owner: the Database. Store thread only.
#pragma once

#include <vector>

#include "daemon/store/batch.h"
#include "daemon/store/statement.h"

namespace ccd::store {

class Environments {
public:
    // Prepared before it is used.
    Environments() = default;

    static Result<Environments> prepare(sqlite3* connection);

    // `conflict` where the id is taken.
    Result<void> insert(const EnvironmentRow& environment);

    // Its jobs have none from now on. The bytes are overwritten, not only forgotten.
    Result<void> erase(EnvironmentId id);

    // By id.
    Result<std::vector<EnvironmentRow>> all();

    // The greatest there ever was, also if it is gone; 0 where there was none.
    Result<EnvironmentId> last_id();

private:
    Statement insert_;
    Statement erase_;
    Statement all_;
    Statement last_;
};

}  // namespace ccd::store
