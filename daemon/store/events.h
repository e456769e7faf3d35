// The table of events, by their sequence number.
//
// There is no index by job: it would cost a page in every commit. A question about some of them
// reads past the others, within its budget. Whose job it was says the table of jobs: events of one
// that is pruned are nobody's.
//
// Owner: the Database. Store thread only.
#pragma once

#include "daemon/store/batch.h"
#include "daemon/store/statement.h"

namespace ccd::store {

class Events {
public:
    // Prepared before it is used.
    Events() = default;

    static Result<Events> prepare(sqlite3* connection);

    // `conflict` where the number is taken.
    Result<void> insert(const job::Event& event);

    // 0 where there is none.
    Result<std::uint64_t> last_seq();

    // Looks at no more than `budget` rows.
    Result<Answer> page(const EventPage& query, std::uint32_t budget);

    // The last event that has expired, of the first `budget`, into the answer; partial where there
    // are more.
    Result<void> expired(const Expired& query, std::uint32_t budget, Answer& answer);

    Result<void> erase_through(std::uint64_t seq);

private:
    Statement insert_;
    Statement last_;
    Statement page_;
    Statement oldest_;
    Statement erase_;
};

}  // namespace ccd::store
