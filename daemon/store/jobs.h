// The table of jobs: its rows in, and every way of asking for them.
//
// Owner: the Database. Store thread only.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "daemon/store/batch.h"
#include "daemon/store/statement.h"

namespace ccd::store {

class Jobs {
public:
    // Prepared before it is used.
    Jobs() = default;

    static Result<Jobs> prepare(sqlite3* connection);

    // `conflict` where the id is taken.
    Result<void> insert(const JobRow& job);

    // Gives the state that the job had until now. A job that is not there is `internal`.
    Result<job::State> update(job::Id id, const Progress& progress);
    // The same, and what its owner may change.
    Result<job::State> edit(const JobRow& job);

    // Gives the state that the job had; none: it is not there. One that is not finished is
    // `internal`.
    Result<std::optional<job::State>> erase(job::Id id);

    // No more than `limit`. Fills in the jobs of the answer, and how to go on.
    Result<Answer> unfinished(const UnfinishedJobs& query, std::uint32_t limit);
    Result<std::uint64_t> count_unfinished();

    // By id of the job.
    Result<std::vector<KnownKey>> finished_keys();

    // 0 where there is none.
    Result<job::Id> last_id();

    // Those that there are, in the order asked for. Calls `on_progress`, if any, with each.
    Result<std::vector<JobRow>> find(const JobsById& query,
                                     const std::function<void()>& on_progress);

    // Looks at no more than `budget` rows. Fills in all of the answer but the total.
    Result<Answer> page(const JobPage& query, std::uint32_t budget);

    // Fills in the jobs of the answer, and how to go on.
    Result<Answer> expired(const Expired& query, std::uint32_t budget);

private:
    Result<std::optional<job::State>> state_of(job::Id id);

    Statement insert_;
    Statement state_;
    Statement update_;
    Statement edit_;
    Statement unfinished_;
    Statement count_unfinished_;
    Statement finished_keys_;
    Statement last_id_;
    Statement by_id_;
    Statement brief_;
    Statement page_;
    Statement unfinished_page_;
    Statement erase_;
    Statement expired_;
};

}  // namespace ccd::store
