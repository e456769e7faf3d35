#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <deque>

#include "ccd/job.h"
#include "lib/client/client.h"
#include "tests/bench/contestants.h"
#include "tests/bench/raw_units.h"
#include "tests/harness/error.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"

namespace ccd::bench {
namespace {

using client::Client;
using harness::PrivateDaemon;
using Clock = std::chrono::steady_clock;

constexpr Millis patience{120'000};
constexpr std::size_t submits_ahead = 64;  // sent before their answers have come
constexpr std::size_t waits_at_once = 200;
constexpr double jobs_a_second = 400;  // about what two cores do, so that a run has its length
constexpr const char* program = "/bin/true";

std::string text_of(job::State state) {
    return std::string{to_string(state)};
}

class Ours : public Contestant {
public:
    Ours(PrivateDaemon daemon, Client client, std::size_t jobs)
        : daemon_(std::move(daemon)), client_(std::move(client)), jobs_(jobs) {}

    Result<Measurement> run() override {
        const auto began = Clock::now();
        auto ids = CCD_TRY(submit_all());
        for (std::size_t at = 0; at < ids.size(); at += waits_at_once) {
            auto end = std::min(at + waits_at_once, ids.size());
            CCD_TRY(wait_for({ids.begin() + static_cast<std::ptrdiff_t>(at),
                              ids.begin() + static_cast<std::ptrdiff_t>(end)}));
        }
        auto elapsed = harness::seconds_of(Clock::now() - began);
        return Measurement{.rate = static_cast<double>(jobs_) / elapsed};
    }

private:
    Result<std::vector<job::Id>> submit_all() {
        job::SubmitRequest submit;
        submit.argv = {program};
        submit.cwd = "/";
        std::deque<std::uint64_t> sent;
        std::vector<job::Id> ids;
        for (std::size_t i = 0; ids.size() < jobs_;) {
            for (; i < jobs_ && sent.size() < submits_ahead; ++i)
                sent.push_back(CCD_TRY(client_.send<job::Submit>(submit)));
            ids.push_back(CCD_TRY(client_.receive<job::Submit>(sent.front())).id);
            sent.pop_front();
        }
        return ids;
    }

    Result<void> wait_for(std::vector<job::Id> ids) {
        auto ended = CCD_TRY(client_.call<job::Wait>({.ids = std::move(ids)}));
        for (const auto& job : ended.jobs)
            if (job.state != job::State::succeeded)
                return failure(Errc::internal, "job " + std::to_string(job.id) + " is " +
                                                   text_of(job.state) + ": " +
                                                   job.reason.value_or("no reason given"));
        return {};
    }

    PrivateDaemon daemon_;
    Client client_;
    std::size_t jobs_;
};

// What no queue can beat: one thread that starts the program and waits for its end.
class Bare : public Contestant {
public:
    explicit Bare(harness::Nanos run) : run_(run) {}

    Result<Measurement> run() override {
        std::string name = program;
        char* argv[] = {name.data(), nullptr};
        std::uint64_t ended = 0;
        const auto began = Clock::now();
        for (; Clock::now() < began + run_; ++ended) {
            pid_t pid = 0;
            int error = ::posix_spawn(&pid, program, nullptr, nullptr, argv, ::environ);
            if (error != 0) return harness::failure_from(error, "cannot start a process");
            if (::waitpid(pid, nullptr, 0) != pid) return harness::failure_from(errno, "no end");
        }
        auto elapsed = harness::seconds_of(Clock::now() - began);
        return Measurement{.rate = static_cast<double>(ended) / elapsed};
    }

private:
    harness::Nanos run_;
};

}  // namespace

MadeContestant make_jobs(const Variant& variant, std::string_view who, const Setting& setting) {
    auto is_systemd = variant.name == "true-systemd";
    if (who == "raw") return make_raw_units(setting.run, program);
    if (who == "bare") return std::make_unique<Bare>(setting.run);
    if (who == "slurm") return failure(Errc::not_found, "not measured by this release");
    auto directory = CCD_TRY(harness::durable_directory());
    std::vector<std::string> values;
    if (is_systemd) values.emplace_back("jobs.executor=systemd");
    auto daemon =
        CCD_TRY(PrivateDaemon::start({.parent = directory, .cards = 0, .values = values}));
    auto client = CCD_TRY(Client::open(daemon.socket(), patience));
    auto jobs = std::max(20.0, std::round(jobs_a_second * harness::seconds_of(setting.run)));
    return std::make_unique<Ours>(std::move(daemon), std::move(client),
                                  static_cast<std::size_t>(jobs));
}

}  // namespace ccd::bench
