// Steps that several scenarios have.
#pragma once

#include <string>
#include <vector>

#include "ccd/job.h"
#include "lib/client/client.h"
#include "tests/stress/report.h"

namespace ccd::stress {

// Ten times what is typical on a busy machine with two cores.
inline constexpr harness::Nanos answer_limit{1'000'000'000};

// Ends two steps: that no request failed, and that the slowest answer came within answer_limit.
// Adds the tally to the report's.
void end_requests(Report& report, const std::string& what, const Tally& tally);

// A job that does not start before it is released: /bin/true, with a key nobody else has.
job::SubmitRequest held_job();

// Ends jobs, some at a time.
Result<void> cancel_all(client::Client& client, const std::vector<job::Id>& ids);
// The jobs as they are, in the order of ids, asked for some at a time.
Result<std::vector<job::View>> views_of(client::Client& client, const std::vector<job::Id>& ids);

}  // namespace ccd::stress
