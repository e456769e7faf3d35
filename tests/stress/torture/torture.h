// The torture run: clients load a daemon that is killed again and again, at random instants and at
// every transition of a job just before and just after its commit. In the end nothing that was
// acknowledged is lost, nothing ran twice, and all of it fits together.
//
// Owner: the scenario. Thread: main, which starts and kills the daemon.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/harness/private_daemon.h"
#include "tests/stress/scenario.h"
#include "tests/stress/torture/coverage.h"
#include "tests/stress/torture/torturer.h"
#include "tests/stress/torture/verdict.h"
#include "tests/stress/torture/weather.h"

namespace ccd::stress {

class Torture {
public:
    static Result<std::unique_ptr<Torture>> begin(const Ground& ground);

    // Kills the daemon until the time is over.
    Result<void> rage();
    // Lets everything come to its end, and tells what became of it.
    Result<void> judge(Report& report);

private:
    struct Killed {
        std::uint64_t at_random = 0;
        std::uint64_t at_transition = 0;
    };

    Torture(const Ground& ground, harness::PrivateDaemon daemon);

    std::string wanted();
    std::vector<std::string> environment(bool is_armed);
    std::vector<Caught> new_catches();
    // Whether it may be caught at a transition.
    enum class Arm : std::uint8_t { no, perhaps };
    Result<void> restart(Arm arm);
    void kill_once();
    void slay_some(const std::vector<Caught>& caught);

    Result<void> wait_for_all(client::Client& client);
    Result<Evidence> collect(client::Client& client);
    void judge_transitions(const Evidence& evidence, Report& report) const;
    void judge_jobs(const Evidence& evidence, Report& report) const;

    Ground ground_;
    harness::PrivateDaemon daemon_;
    std::string trap_;  // the library; empty: there is none
    std::mt19937_64 random_;
    Weather weather_;
    std::vector<std::unique_ptr<Torturer>> torturers_;
    std::vector<std::thread> threads_;
    std::vector<Caught> caught_;
    Coverage coverage_;
    Killed killed_;
    std::set<std::pair<job::Id, std::uint32_t>> slain_;
    harness::Nanos raged_{0};
};

}  // namespace ccd::stress
