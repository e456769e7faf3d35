// `ccctl version`: of both ends. Ours is told even where the daemon does not answer.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(host::Version, const Session& session, const Parsed<host::Version>& parsed);

}  // namespace ccd::ctl
