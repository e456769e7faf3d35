// Steps that several scenarios have.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ccd/job.h"
#include "lib/client/client.h"
#include "tests/stress/report.h"

namespace ccd::stress {

// Ten times what is typical on a busy machine with two cores.
inline constexpr harness::Nanos answer_limit{1'000'000'000};

// Ends a step: that no request failed. Adds the tally to the report's.
void end_answers(Report& report, const std::string& what, const Tally& tally);
// The same, and another: that the slowest answer came within answer_limit.
void end_requests(Report& report, const std::string& what, const Tally& tally);

// Ends a step with a sentence about what is broken, with the error that kept it from being looked
// for, or well.
void end_check(Report& report, const std::string& name,
               const Result<std::optional<std::string>>& broken);

// So many files and connections at once may be open; refuses where the system allows less.
Result<void> allow_descriptors(std::size_t count);

// Asks again and again until it is so, or an error. Refuses with `timeout` when it is not so in the
// time that any answer gets.
Result<void> wait_until(const std::string& what, const std::function<Result<bool>()>& is_so);

// A word that was never used before.
std::string fresh_word();

// An empty directory in that one, for what one round leaves behind.
Result<std::string> fresh_directory(const std::string& parent);

// A job with a key nobody else has, that starts as soon as there is room.
job::SubmitRequest job_of(std::vector<std::string> argv);
// One that does not start before it is released: /bin/true.
job::SubmitRequest held_job();

// Ends jobs, some at a time.
Result<void> cancel_all(client::Client& client, const std::vector<job::Id>& ids);
// The jobs when all have ended, in the order of ids.
Result<std::vector<job::View>> wait_for_all(client::Client& client,
                                            const std::vector<job::Id>& ids);
// Ends a step: that each of these succeeded.
void end_successes(Report& report, const std::string& name, const std::vector<job::View>& views);
// The jobs as they are, in the order of ids, asked for some at a time.
Result<std::vector<job::View>> views_of(client::Client& client, const std::vector<job::Id>& ids);

}  // namespace ccd::stress
