// Many submits by several clients at once.
#pragma once

#include <string>
#include <vector>

#include "ccd/job.h"
#include "tests/stress/scenario.h"

namespace ccd::stress {

// What so many clients do is in the seeds: 20 submit at once.
inline constexpr std::size_t submitters = 20;

struct Submitted {
    std::vector<job::Id> ids;  // in the order of the requests; 0: refused for good
    Tally tally;
};

// REQUIRES: each request has a key.
Submitted submit_as_crowd(const Ground& ground, const std::vector<job::SubmitRequest>& requests);

// Ends the step of end_answers; an error when one was refused for good.
Result<std::vector<job::Id>> submit_all(const Ground& ground, Report& report,
                                        const std::vector<job::SubmitRequest>& requests);

}  // namespace ccd::stress
