// `ccctl logs`: the output of a job, bytes unchanged.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(job::Logs, const Session& session, const Parsed<job::Logs>& parsed);

// Shows what a job prints until it has ended; waits for its start if it must. Gives the job at its
// end. The daemon is asked once and then costs nothing: the bytes come from the file.
Result<job::View> follow_logs(const Session& session, const Parsed<job::Logs>& parsed);

}  // namespace ccd::ctl
