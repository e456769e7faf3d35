// One line of the result: ours and one peer, in one variant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/contest.h"
#include "tests/bench/variant.h"

namespace ccd::bench {

struct Line {
    std::string case_name;
    std::string variant;
    std::optional<std::string> peer;
    std::optional<Measurement> ours;    // absent: not available here
    std::optional<Measurement> theirs;  // likewise
    std::string unit;

    // Above 1: ccd is better. Of the rates, else of the values.
    std::optional<double> ratio() const;
};

// One JSON object with all its keys, without an end of line.
std::string to_json(const Line& line);
// A table for people, its head first.
std::string to_table(const std::vector<Line>& lines);

}  // namespace ccd::bench
