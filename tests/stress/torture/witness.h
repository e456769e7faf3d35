// What a job of the torture run does: it writes down that it runs, and ends as was known before.
//
// Each attempt appends one line to its client's file, in one write, so that lines of many jobs
// never mix. Its exit code follows from its name and the number of the attempt, so that whoever
// reads the line, or the job's record, knows what the code must be.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/job.h"
#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::stress {

// An attempt that has run.
struct Line {
    std::string name;  // of its job
    job::Id job = 0;
    std::uint32_t attempt = 0;
    std::string nonce;
    auto operator<=>(const Line&) const = default;
};

std::string to_line(const Line& line);

// Of the text of a file. Lines that make no sense are an error: nothing else writes there.
Result<std::vector<Line>> parse_lines(std::string_view text);

// 0 in two of three attempts.
std::int32_t code_of(std::string_view name, std::uint32_t attempt);

// As a job, with the words FILE NAME MILLISECONDS: writes its line, stays so long, and gives its
// exit code.
int bear_witness(std::span<const char* const> words);

// The command that becomes bear_witness: this program.
std::vector<std::string> witness_command(const std::string& file, const std::string& name,
                                         Millis stay);

}  // namespace ccd::stress
