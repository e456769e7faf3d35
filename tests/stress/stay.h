// How long a job was on a card, as the job itself tells it: what the daemon's own ledger is held
// against.
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
    std::string card;       // UUID
    std::string job_class;  // as in CCD_CLASS
    harness::Nanos began{0};
    harness::Nanos ended{0};

    bool operator==(const Stay&) const = default;
};

std::string to_string(const Stay& stay);
std::optional<Stay> parse_stay(std::string_view line);

// The body of the job: stays on its card for `time` and then writes its Stay to the file named by
// its number in `directory`. The exit code.
int occupy(const std::string& directory, Millis time);

// The Stay that job `id` has left in `directory`.
Result<Stay> read_stay(const std::string& directory, std::uint64_t id);

// A sentence where more jobs of a class were on a card at once than `limits` allows; one that
// leaves in the moment in which another comes is not counted with it.
std::optional<std::string> find_crowding(const std::vector<Stay>& stays,
                                         const std::map<std::string, std::size_t>& limits);

}  // namespace ccd::stress
