// `ccctl admin check`: exit 0 where all fits together or was put right, 1 where something is left.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(admin::Check, const Session& session, const Parsed<admin::Check>& parsed);

int exit_code_of(const admin::CheckReply& reply);

}  // namespace ccd::ctl
