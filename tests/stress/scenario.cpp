#include "tests/stress/scenario.h"

#include <algorithm>
#include <array>

#include "tests/harness/connection.h"
#include "tests/stress/memory_sampler.h"

namespace ccd::stress {
namespace {

constexpr std::array table{
    Scenario{.name = "api-create",
             .promise = "Submits of 20 clients at once are all answered, each in less than a "
                        "second; every answered job is on record once",
             .cards = 0,
             .run = &create_jobs},
    Scenario{.name = "api-status",
             .promise = "100 clients that ask for a job at once are all told the truth, each in "
                        "less than a second",
             .cards = 0,
             .run = &ask_for_status},
    Scenario{.name = "api-mixed",
             .promise = "Of 10 training and 30 inference jobs at once, inference is admitted "
                        "first, and no card ever has more of a class than its slots",
             .cards = 2,
             .run = &mix_classes},
    Scenario{.name = "connections",
             .promise = "1,000 connections at once are all served; one over the limit of its user "
                        "is told so and closed",
             .cards = 0,
             .run = &connect_many},
    Scenario{.name = "api-logs",
             .promise = "100 clients that read outputs at once get every byte of them, 100 a "
                        "second and more; who follows a job sees all of it",
             .cards = 0,
             .run = &read_logs},
    Scenario{.name = "events",
             .promise = "100 live subscribers are told every event once and in order at full job "
                        "rate, over hang-ups too; one that never reads slows nobody",
             .cards = 0,
             .settings = &event_settings,
             .run = &follow_events},
    Scenario{.name = "batch",
             .promise = "A file of 1,000 lines is a job for each good line and a name for each "
                        "broken one, whoever is killed in the middle",
             .cards = 0,
             .run = &submit_batches},
    Scenario{.name = "pool",
             .promise = "Of 400 jobs in a pool of 50 never more than 50 run at once; its figures "
                        "add up, a full pool holds up nobody else, and all end",
             .cards = 0,
             .settings = &pool_settings,
             .run = &fill_pool},
    Scenario{.name = "balance",
             .promise = "Jobs for one card each are spread over four equal cards within 10 %, "
                        "under load and one by one",
             .cards = 4,
             .run = &balance_cards},
    Scenario{.name = "failover",
             .promise = "A card is lost and the daemon killed under load, and every job still runs "
                        "exactly once and ends with its own exit code; the card comes back",
             .cards = 4,
             .run = &fail_over},
    Scenario{.name = "queue-readwrite",
             .promise = "Of the messages that processes put and others get in two queues at once, "
                        "each is got exactly once, whole, and in the order of its sender",
             .cards = 0,
             .run = &read_and_write},
    Scenario{.name = "queue-lifecycle",
             .promise = "Four processes make, use and destroy queues, each its own and all the "
                        "same one, and every call works or says that there is none",
             .cards = 0,
             .run = &make_and_destroy},
    Scenario{.name = "queue-mixed",
             .promise = "Of six processes that do a bit of everything in three queues, what they "
                        "put is what they got, gave up, dropped, and what is in line",
             .cards = 0,
             .run = &do_everything},
    Scenario{.name = "queue-contention",
             .promise = "16 processes in one queue are killed and stopped all the time: no message "
                        "comes twice, none is lost but with the killed, nobody is stuck, and no "
                        "memory is",
             .cards = 0,
             .run = &contend},
    Scenario{.name = "queue-hostile",
             .promise = "One who uses a queue writes nonsense into its memory all the time: nobody "
                        "crashes or hangs, the daemon answers, and other queues are unharmed",
             .cards = 0,
             .run = &bear_a_vandal},
    Scenario{.name = "torture",
             .promise = "However often the daemon is killed, at random and at each transition of a "
                        "job: no acknowledged job is lost, none runs twice, every exit code is "
                        "right, and nothing is left over",
             .cards = 0,
             .run = &torture,
             .brings_daemon = true},
};

// Those of the contract that come with what they test.
constexpr std::array<std::string_view, 7> later{
    "cache-concurrent", "record-concurrent", "mixed", "locks", "limits",
    "normal",           "database-failure"};

std::string all_names() {
    std::string names;
    for (const auto& scenario : table) names += " " + std::string{scenario.name};
    return names + " all";
}

harness::Nanos now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

std::span<const Scenario> scenarios() {
    return table;
}

Result<std::span<const Scenario>> find_scenarios(std::string_view name) {
    if (name == "all") return std::span<const Scenario>{table};
    auto row = std::ranges::find(table, name, &Scenario::name);
    if (row != table.end()) return std::span{row, 1};
    auto why = std::ranges::find(later, name) != later.end() ? "' is not in this release"
                                                             : "' is no scenario";
    return failure(Errc::bad_request, "'" + std::string{name} + why + "; there are" + all_names());
}

Report run_scenario(const Scenario& scenario, const Ground& ground) {
    Report report{.scenario = std::string{scenario.name}, .promise = std::string{scenario.promise}};
    // Of whoever listens, so that it works for a daemon that is not ours as well.
    auto connection = harness::connect_to(ground.socket);
    auto pid = connection ? harness::peer_of(connection->get()) : Result<pid_t>{0};
    if (connection) connection->reset();
    MemorySampler sampler{pid.value_or(0)};
    do {
        auto done = scenario.run(ground, report);
        if (!done) report.end_step("finish the round", false, done.error().message);
    } while (report.passed() && report.left_out.empty() && now() - report.began < ground.duration);
    report.duration = now() - report.began;
    report.memory = sampler.stop();
    return report;
}

}  // namespace ccd::stress
