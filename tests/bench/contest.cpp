#include "tests/bench/contest.h"

#include <algorithm>
#include <cassert>

namespace ccd::bench {
namespace {

using Figure = std::optional<double> Measurement::*;

}  // namespace

Measurement medians(const std::vector<Measurement>& runs) {
    assert(!runs.empty());
    Measurement middle;
    for (Figure figure :
         {&Measurement::rate, &Measurement::p50, &Measurement::p99, &Measurement::value}) {
        std::vector<double> values;
        for (const auto& run : runs)
            if (run.*figure) values.push_back(*(run.*figure));
        if (!values.empty()) middle.*figure = harness::median(values);
    }
    return middle;
}

std::vector<Result<Measurement>> compete(
    const std::vector<std::unique_ptr<Contestant>>& contestants, std::size_t rounds) {
    std::vector<std::vector<Measurement>> runs(contestants.size());
    std::vector<Result<Measurement>> results(contestants.size());
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < contestants.size(); ++i) {
            if (!results[i]) continue;
            results[i] = contestants[i]->run();
            if (results[i]) runs[i].push_back(*results[i]);
        }
    for (std::size_t i = 0; i < contestants.size(); ++i)
        if (results[i]) results[i] = medians(runs[i]);
    return results;
}

Result<Measurement> measurement_of(const Result<harness::Outcome>& outcome) {
    if (!outcome) return tl::unexpected{outcome.error()};
    if (outcome->refused > 0)
        return failure(Errc::internal, std::to_string(outcome->refused) + " of " +
                                           std::to_string(outcome->answered) +
                                           " requests were refused");
    return measurement_of(outcome->latency, outcome->elapsed);
}

Measurement measurement_of(const harness::Histogram& latency, harness::Nanos elapsed) {
    using harness::seconds_of;
    return {.rate = static_cast<double>(latency.total()) / seconds_of(elapsed),
            .p50 = seconds_of(latency.quantile(0.50)),
            .p99 = seconds_of(latency.quantile(0.99)),
            .value = {}};
}

}  // namespace ccd::bench
