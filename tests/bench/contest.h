// Runs of several contestants by turns, and their medians.
//
// By turns, so that a machine that grows slower or faster meanwhile does so to all of them.
//
// Thread: main, which is where contestants start their servers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "tests/harness/lean_client.h"

namespace ccd::bench {

// One run, or the medians of several. What is absent makes no sense for the case.
struct Measurement {
    std::optional<double> rate;      // operations a second
    std::optional<double> p50, p99;  // seconds
    std::optional<double> value;     // in the unit of the variant; less is better

    bool operator==(const Measurement&) const = default;
};

// Ours, or a peer: set up when it is made, ready for any number of runs.
class Contestant {
public:
    virtual ~Contestant() = default;
    virtual Result<Measurement> run() = 0;
    // What people should know beside its figures, once it has run.
    virtual std::optional<std::string> remark() const { return std::nullopt; }
};

// The median of each figure. REQUIRES: runs is not empty, and all of the same shape.
Measurement medians(const std::vector<Measurement>& runs);

// For each contestant the medians of its runs, or its first error, after which it is not run.
std::vector<Result<Measurement>> compete(
    const std::vector<std::unique_ptr<Contestant>>& contestants, std::size_t rounds);

// A run of the lean client. Refuses one in which a request was refused.
Result<Measurement> measurement_of(const Result<harness::Outcome>& outcome);
// A run that was measured one by one; `elapsed` also covers what was between.
Measurement measurement_of(const harness::Histogram& latency, harness::Nanos elapsed);

}  // namespace ccd::bench
