// Why a job is in its state, in a sentence.
#pragma once

#include <string>

#include "daemon/service/jobs.h"

namespace ccd::service {

// What its user is told of an end.
std::string reason_of(const Outcome& outcome);

// What everybody may know: nothing that the job's user, or the names of files, have put in.
std::string public_reason(const store::Progress& progress);

// "job 7".
std::string name_of(job::Id id);

// "2026-11-27 12:00:05 UTC".
std::string moment(WallTime time);

}  // namespace ccd::service
