// `ccctl wait`: of one job, its exit code is ours.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(job::Wait, const Session& session, const Parsed<job::Wait>& parsed);

inline int failure_base(const Parsed<job::Wait>& parsed) {
    return parsed.request.ids.size() == 1 ? passing_base : 0;
}

}  // namespace ccd::ctl
