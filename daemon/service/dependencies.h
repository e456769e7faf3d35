// Which jobs wait for which others to end, and for what kind of end.
//
// A job that has not begun waits as long as one of those that it follows is unfinished. The end of
// a job decides at once what becomes of those that waited for it: who waits for nobody any more,
// and who never can start. A job that is tried again by hand is waited for again, by those who have
// not begun meanwhile. So who waits for whom follows from the states of the jobs alone, before a
// restart of the daemon as after it.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <cstddef>
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

    struct Other {
        job::Id id = 0;
        Kind kind = Kind::success;
        bool has_ended = false;  // as was asked for
    };

    // What the end of a job decides.
    struct Decided {
        std::vector<job::Id> met;    // wait for nobody any more
        std::vector<job::Id> never;  // waited for a success that did not come
    };

    // `job` follows these. REQUIRES: none is there twice, and the job follows nobody yet.
    void add(job::Id job, std::vector<Other> others);
    // The job has begun, or will not: it follows nobody any more.
    void remove(job::Id job);

    bool is_waiting(job::Id job) const;
    // How many follow `other`.
    std::size_t count_followers(job::Id other) const;
    // The jobs that it waits for, by number.
    std::vector<Other> waits_for(job::Id job) const;

    // `other` has ended. Those that never can start are removed.
    Decided ended(job::Id other, bool has_succeeded);
    // `other` is to be tried again: who waits again, and did not.
    std::vector<job::Id> begun_again(job::Id other);

private:
    struct Follower {
        std::vector<Other> others;
        std::size_t unmet = 0;
    };

    std::vector<job::Id> followers_of(job::Id other) const;

    std::unordered_map<job::Id, Follower> followers_;
    std::set<std::pair<job::Id, job::Id>> by_other_;  // other, follower
    std::unordered_map<job::Id, std::size_t> count_;  // of followers, by other
};

}  // namespace ccd::service
