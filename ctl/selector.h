// Which jobs the words of a command line mean: numbers, ranges such as `5-8`, and `last`, joined by
// commas.
//
// `last` is the caller's newest job. Only the daemon knows which that is, so the parser puts a
// number in its place that no job has, and resolve_last puts the job's there.
#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "ccd/job.h"
#include "ccd/result.h"

namespace ccd::ctl {

// Of one command; the daemon takes no more.
inline constexpr std::size_t selected_limit = 1'000;

inline constexpr job::Id last_job = std::numeric_limits<job::Id>::max();

// Each job once, in the order of the words.
Result<void> select(std::string_view text, std::vector<job::Id>& to);
// Refuses what means more than one.
Result<void> select(std::string_view text, job::Id& to);
inline Result<void> select(std::string_view text, std::optional<job::Id>& to) {
    return select(text, to.emplace());
}

// Puts one job in the place of another; of two that are then the same one goes. Whether it was
// there: so with `to` the same as `from` it only looks.
bool replace(std::vector<job::Id>& jobs, job::Id from, job::Id to);
bool replace(job::Id& job, job::Id from, job::Id to);
inline bool replace(std::optional<job::Id>& job, job::Id from, job::Id to) {
    return job && replace(*job, from, to);
}

}  // namespace ccd::ctl
