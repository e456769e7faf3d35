// The scenarios: what is promised, and how it is put to the test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"
#include "tests/harness/private_daemon.h"
#include "tests/stress/report.h"

namespace ccd::stress {

// Where a scenario takes place.
struct Ground {
    std::string socket;
    std::string directory;  // for files of jobs, which only our own uid needs to reach
    harness::PrivateDaemon* daemon = nullptr;  // null: it is somebody else's, who configures it
    std::size_t scale = 1;
    std::uint64_t seed = 1;      // of what is left to chance
    harness::Nanos duration{0};  // go on until it is over; at least once
};

struct Scenario {
    std::string_view name;
    std::string_view promise;
    std::size_t cards;  // of 24 GiB, that a daemon of our own gets
    // KEY=VALUE, that it gets besides. Null: nothing.
    std::vector<std::string> (*settings)(std::size_t scale) = nullptr;
    // One round. An error means that the round could not be finished.
    Result<void> (*run)(const Ground& ground, Report& report) = nullptr;
    bool brings_daemon = false;  // which it kills; it takes the duration as that of its one round
};

std::span<const Scenario> scenarios();

// By name, or `all`. Refuses with `bad_request` and the list.
Result<std::span<const Scenario>> find_scenarios(std::string_view name);

// Runs rounds as long as they pass and the duration is not over.
Report run_scenario(const Scenario& scenario, const Ground& ground);

Result<void> create_jobs(const Ground& ground, Report& report);
Result<void> ask_for_status(const Ground& ground, Report& report);
Result<void> mix_classes(const Ground& ground, Report& report);
Result<void> connect_many(const Ground& ground, Report& report);
Result<void> submit_batches(const Ground& ground, Report& report);
std::vector<std::string> event_settings(std::size_t scale);
Result<void> follow_events(const Ground& ground, Report& report);
Result<void> read_logs(const Ground& ground, Report& report);
std::vector<std::string> pool_settings(std::size_t scale);
Result<void> fill_pool(const Ground& ground, Report& report);
Result<void> balance_cards(const Ground& ground, Report& report);
Result<void> fail_over(const Ground& ground, Report& report);
Result<void> read_and_write(const Ground& ground, Report& report);
Result<void> make_and_destroy(const Ground& ground, Report& report);
Result<void> do_everything(const Ground& ground, Report& report);
Result<void> contend(const Ground& ground, Report& report);
Result<void> bear_a_vandal(const Ground& ground, Report& report);
Result<void> torture(const Ground& ground, Report& report);

}  // namespace ccd::stress
