// What a client of the torture run has asked for, and what it was told.
//
// Kept by the client, never by ccd: at the end the two are held against each other (see verdict.h).
//
// Values. Owner: a Torturer; read by others when it has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ccd/job.h"

namespace ccd::stress {

// What the program of a job does.
enum class Plan : std::uint8_t {
    codes,    // ends with the code that its name and attempt give
    missing,  // is not there
    endless,  // goes on until its time limit is over
};

// One submit: a job, or an array of them.
struct Entry {
    std::string name;  // of the jobs, and of nobody else's
    Plan plan = Plan::codes;
    bool has_key = false;     // asked for again until it was answered
    bool has_others = false;  // waits for other jobs
    std::uint32_t count = 1;
    std::optional<job::Id> id;             // of the first job, once it was acknowledged
    bool is_refused = false;               // for good: there is no such job
    std::set<job::Id> cancelled;           // for which that was asked, whether or not answered
    std::optional<std::int32_t> priority;  // as acknowledged last; of one job
    bool is_priority_open = false;         // another was asked for and not answered
};

using Ledger = std::vector<Entry>;

}  // namespace ccd::stress
