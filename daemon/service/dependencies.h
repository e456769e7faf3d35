// Which jobs wait for which others to end, and for what kind of end.
//
// The end of a job decides at once what becomes of those that waited for it: who has met all that
// it waited for, and who never can.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ccd/job.h"

namespace ccd::service {

class Dependencies {
public:
    enum class Kind : std::uint8_t { success, any_end };

    // What the end of a job decides.
    struct Decided {
        std::vector<job::Id> met;    // wait for nobody any more
        std::vector<job::Id> never;  // waited for a success that did not come
    };

    // `job` waits for `other`. Twice is once, and success the stricter.
    void add(job::Id job, job::Id other, Kind kind);
    // The job waits for nobody any more.
    void remove(job::Id job);

    bool is_waiting(job::Id job) const { return waits_for_.contains(job); }
    // The jobs that it waits for, by number.
    std::vector<std::pair<job::Id, Kind>> waits_for(job::Id job) const;

    // `other` has ended. Those that never can start are removed.
    Decided ended(job::Id other, bool has_succeeded);

private:
    std::unordered_map<job::Id, std::vector<std::pair<job::Id, Kind>>> waits_for_;
    std::set<std::pair<job::Id, job::Id>> by_other_;  // other, job
};

}  // namespace ccd::service
