// `ccctl events`: a line per event, until it is interrupted or the daemon goes away.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(job::Events, const Session& session, const Parsed<job::Events>& parsed);

}  // namespace ccd::ctl
