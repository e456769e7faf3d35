// `ccctl queue list`: all queues, which the daemon tells page by page.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(queue::List, const Session& session, const Parsed<queue::List>& parsed);

}  // namespace ccd::ctl
