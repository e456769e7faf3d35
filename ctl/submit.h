// `ccctl submit`: a job from here, with all that surrounds it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/job_change.h"
#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(job::Submit, const Session& session, const Parsed<job::Submit>& parsed);

// In the environment of this process.
int run(job::Retry, const Session& session, const Parsed<job::Retry>& parsed);

inline int failure_base(const Parsed<job::Submit>& parsed) {
    return parsed.local.wait || parsed.local.follow ? passing_base : 0;
}

// Where a command is given.
struct Surroundings {
    std::vector<std::string> environment;  // NAME=VALUE
    std::string cwd;
    std::uint32_t umask = 022;
};

Result<Surroundings> surroundings_of_process();

// The request as it is sent: the environment with `--env` over it, whole paths, a key. Refuses an
// `--env` without a name.
Result<job::SubmitRequest> completed(const Parsed<job::Submit>& parsed, Surroundings surroundings);

}  // namespace ccd::ctl
