// How long a job ran and on which card, as the job itself tells it: what the daemon's own ledger is
// held against.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"
#include "tests/harness/statistics.h"

namespace ccd::stress {

// From after the begin of the process to before its end, on the monotonic clock.
struct Stay {
    std::string card;       // UUID; "-" without one
    std::string job_class;  // as in CCD_CLASS
    harness::Nanos began{0};
    harness::Nanos ended{0};

    bool operator==(const Stay&) const = default;
};

std::string to_string(const Stay& stay);
// Refuses what is not the whole of one Stay.
std::optional<Stay> parse_stay(std::string_view text);

// What a job does that stays.
struct Occupation {
    std::string directory;  // where it leaves its Stay, in a file named by its number
    Millis time;
    int exit_code = 0;
    std::string gate;  // to pass before that time begins; empty: none
};

// The body of the job. Its begin is on record before it waits for anything. The exit code.
int occupy(const Occupation& occupation);

// How many jobs have begun that leave their Stays in `directory`.
std::size_t count_begun(const std::string& directory);

// The Stay that job `id` has left in `directory`. Refuses with `not_found` where it has not come to
// its end, or more than one process of it has begun.
Result<Stay> read_stay(const std::string& directory, std::uint64_t id);
Result<std::vector<Stay>> read_stays(const std::string& directory,
                                     const std::vector<std::uint64_t>& ids);

// A sentence where more jobs of a class were on a card at once than `limits` allows; one that
// leaves in the moment in which another comes is not counted with it.
std::optional<std::string> find_crowding(const std::vector<Stay>& stays,
                                         const std::map<std::string, std::size_t>& limits);

// A sentence where a card of `cards` had more than so many per cent above or below its share of the
// jobs, or a job ran elsewhere.
std::optional<std::string> find_imbalance(const std::vector<Stay>& stays,
                                          const std::vector<std::string>& cards, unsigned percent);

}  // namespace ccd::stress
