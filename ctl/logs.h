// `ccctl logs`: the output of a job, bytes unchanged.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(job::Logs, const Session& session, const Parsed<job::Logs>& parsed);

// Shows what a job prints, in all of its attempts, until it has ended; waits for its start if it
// must. Gives the job at its end. The daemon tells of attempts only: the bytes come from the files.
Result<job::View> follow_job(const Session& session, job::Id job);

}  // namespace ccd::ctl
