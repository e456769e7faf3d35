// What a scenario found: its steps, its requests, and the daemon's memory meanwhile.
//
// Thread: main. Threads of a scenario keep a Tally each, which is added at the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/time.h"
#include "tests/harness/statistics.h"

namespace ccd::stress {

// Requests of one thread, or of all.
struct Tally {
    std::uint64_t operations = 0;
    std::uint64_t failed = 0;
    std::uint64_t retries = 0;
    harness::Histogram latency;
    std::string first_error;  // of those that failed

    void add(const Tally& other);
};

// One thing that was done, and whether it came out as promised. Done several times, it is passed
// if it was so each time.
struct Step {
    std::string name;
    bool passed = true;
    std::uint64_t times = 0;
    harness::Nanos duration{0};
    std::string detail;  // the last one; once failed, the first failure's
};

struct MemorySample {
    harness::Nanos at{0};  // since the scenario began
    Bytes resident;
};

struct Report {
    std::string scenario;
    std::string promise;
    Tally tally;
    harness::Nanos duration{0};
    std::vector<Step> steps;
    std::vector<MemorySample> memory;
    std::string remark;    // a figure of the scenario's own, for its line
    std::string left_out;  // why nothing was tested; empty: it was

    // Ends a step that began at the end of the one before, or at the begin of the report.
    void end_step(std::string_view name, bool passed, std::string detail = {});
    // The one step: that nothing can be tested here, and why.
    void leave_out(std::string why);
    // Nothing was measured as long as no step was made.
    bool passed() const;
    std::uint64_t succeeded() const { return tally.operations - tally.failed; }
    double operations_per_second() const;

    harness::Nanos began = std::chrono::steady_clock::now().time_since_epoch();
    harness::Nanos step_began = began;
};

// The object of one scenario, on one line.
std::string to_json(const Report& report);
// For people, one line.
std::string to_line(const Report& report);
// The content of report.json: all scenarios.
std::string to_json(const std::vector<Report>& reports);

}  // namespace ccd::stress
