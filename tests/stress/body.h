// ccd-stress as the program of a job: what it does then, instead of a scenario.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/stress/print.h"
#include "tests/stress/stay.h"

namespace ccd::stress {

// The command line of such a job: our own program, wherever it lies.
std::vector<std::string> argv_of(const Occupation& occupation);
std::vector<std::string> argv_of(const Printing& printing);

// Does what the command line of a job says, without the program's name: the exit code. Nothing: it
// is no job's.
std::optional<int> run_as_job(std::span<const char* const> words);

}  // namespace ccd::stress
