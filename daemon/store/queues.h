// The table of the queues in shared memory: their shapes, not what is in them.
//
// Owner: the Database. Store thread only.
#pragma once

#include <vector>

#include "daemon/store/batch.h"
#include "daemon/store/statement.h"

namespace ccd::store {

class Queues {
public:
    // Prepared before it is used.
    Queues() = default;

    static Result<Queues> prepare(sqlite3* connection);

    // `conflict` where the id or the name is taken.
    Result<void> insert(const QueueRow& queue);
    Result<void> erase(QueueId id);

    // By id.
    Result<std::vector<QueueRow>> all();

    // The greatest there ever was, also if it is gone; 0 where there was none.
    Result<QueueId> last_id();

private:
    Statement insert_;
    Statement erase_;
    Statement all_;
    Statement last_;
};

}  // namespace ccd::store
