#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "ccd/job.h"
#include "lib/client/client.h"
#include "tests/bench/contestants.h"
#include "tests/harness/child.h"
#include "tests/harness/connection.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"

namespace ccd::bench {
namespace {

using client::Client;
using harness::PrivateDaemon;
using harness::Program;
using harness::TemporaryDirectory;
using Clock = std::chrono::steady_clock;

constexpr Millis patience{5'000};          // with the end of a server that was told to go
constexpr Millis answer_patience{60'000};  // with our daemon

// Runs the program, and refuses what does not end with exit code 0.
Result<void> run_well(const Program& program) {
    auto status = CCD_TRY(harness::run(program));
    if (status == 0) return {};
    return failure(Errc::internal,
                   "'" + program.argv[0] + "' ended with " + harness::describe_status(status));
}

Result<Measurement> run_repeatedly(const Program& program, harness::Nanos run) {
    harness::Histogram latency;
    const auto began = Clock::now();
    auto now = began;
    while (now < began + run) {
        CCD_TRY(run_well(program));
        auto ended = Clock::now();
        latency.record(ended - now);
        now = ended;
    }
    return measurement_of(latency, now - began);
}

// Its jobs run meanwhile, as tsp's do; those that are left have ended before another's turn comes.
class Ours : public Contestant {
public:
    Ours(PrivateDaemon daemon, Client client, const std::string& ccctl, harness::Nanos run)
        : daemon_(std::move(daemon)),
          client_(std::move(client)),
          submit_{.argv = {ccctl, "--socket", daemon_.socket(), "submit", "--", "true"},
                  .environment = {},
                  .output = {}},
          run_(run) {}

    Result<Measurement> run() override {
        auto measurement = CCD_TRY(run_repeatedly(submit_, run_));
        CCD_TRY(wait_for_all());
        return measurement;
    }

private:
    Result<void> wait_for_all() {
        job::WaitRequest unfinished;
        for (const auto& job : CCD_TRY(client_.call<job::Status>({})).jobs)
            unfinished.ids.push_back(job.id);
        if (!unfinished.ids.empty()) CCD_TRY(client_.call<job::Wait>(unfinished));
        return {};
    }

    PrivateDaemon daemon_;
    Client client_;
    Program submit_;
    harness::Nanos run_;
};

// Reaps the processes that tsp has left behind and that have ended, and nothing else.
void reap_orphans_of_tsp() {
    siginfo_t ended{};
    while (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0) {
        std::ifstream file{"/proc/" + std::to_string(ended.si_pid) + "/comm"};
        std::string name;
        if (!std::getline(file, name) || name != "tsp") return;
        ::waitpid(ended.si_pid, nullptr, 0);
        ended.si_pid = 0;
    }
}

// Its first client starts its server, which outlives it; so it is told to go. Each client leaves a
// process behind, which comes to us: not every machine has an init that reaps them.
class Tsp : public Contestant {
public:
    Tsp(TemporaryDirectory home, const std::string& tsp, harness::Nanos run)
        : home_(std::move(home)),
          submit_{.argv = {tsp, "true"},
                  .environment = {"TS_SOCKET=" + home_ / "tsp.sock", "TMPDIR=" + home_.path()},
                  .output = {}},
          run_(run) {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    }
    ~Tsp() override {
        wait_for_last();
        tell("-K");  // to its server: to end
        // It still removes its socket; with it gone, the directory can go.
        const auto deadline = Clock::now() + patience;
        while (harness::connect_to(home_ / "tsp.sock") && Clock::now() < deadline)
            std::this_thread::yield();
        reap_orphans_of_tsp();
        ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    }

    Result<void> warm_up() { return run_well(submit_); }
    Result<Measurement> run() override {
        auto measurement = run_repeatedly(submit_, run_);
        wait_for_last();
        reap_orphans_of_tsp();
        return measurement;
    }

private:
    void tell(const char* option) {
        auto told = submit_;
        told.argv[1] = option;
        static_cast<void>(harness::run(told));
    }
    // It runs one at a time.
    void wait_for_last() { tell("-w"); }

    TemporaryDirectory home_;
    Program submit_;
    harness::Nanos run_;
};

// No other's jobs in the queue have this name: ours are cancelled by it.
std::string name_of_our_jobs() {
    utsname machine{};
    ::uname(&machine);
    return "ccd-bench-" + std::string{machine.nodename} + "-" + std::to_string(::getpid());
}

// The queue is a real one, of others too: no job of ours runs in it, and none stays behind.
class Sbatch : public Contestant {
public:
    explicit Sbatch(harness::Nanos run)
        : submit_{.argv = {"sbatch", "--hold", "--job-name=" + name_of_our_jobs(),
                           "--output=/dev/null", "--wrap=true"},
                  .environment = {},
                  .output = {}},
          cancel_{
              .argv = {"scancel", "--name=" + name_of_our_jobs()}, .environment = {}, .output = {}},
          run_(run) {}
    ~Sbatch() override {
        if (may_be_left_) static_cast<void>(run_well(cancel_));
    }

    Result<Measurement> run() override {
        may_be_left_ = true;
        auto measurement = CCD_TRY(run_repeatedly(submit_, run_));
        CCD_TRY(run_well(cancel_));
        may_be_left_ = false;
        return measurement;
    }

private:
    Program submit_;
    Program cancel_;
    harness::Nanos run_;
    bool may_be_left_ = false;
};

MadeContestant make_tsp(const Setting& setting, const std::string& directory) {
    auto tsp = harness::find_in_path("tsp");
    if (!tsp) return failure(Errc::not_found, "'tsp' is not installed");
    auto home = CCD_TRY(TemporaryDirectory::create(directory, "ccd-tsp"));
    auto contestant = std::make_unique<Tsp>(std::move(home), *tsp, setting.run);
    CCD_TRY(contestant->warm_up());
    return contestant;
}

MadeContestant make_sbatch(const Setting& setting) {
    for (const auto* name : {"sbatch", "scancel", "sinfo"})
        if (!harness::find_in_path(name))
            return failure(Errc::not_found, "'" + std::string{name} + "' is not installed");
    if (!run_well({.argv = {"sinfo"}, .environment = {}, .output = {}}))
        return failure(Errc::not_found, "no Slurm answers here");
    return std::make_unique<Sbatch>(setting.run);
}

}  // namespace

MadeContestant make_submit_cli(const Variant&, std::string_view who, const Setting& setting) {
    auto directory = CCD_TRY(harness::durable_directory());
    if (who == "tsp") return make_tsp(setting, directory);
    if (who == "sbatch") return make_sbatch(setting);
    auto ccctl = CCD_TRY(harness::find_beside_us("ccctl", "CCCTL_BIN"));
    auto daemon = CCD_TRY(PrivateDaemon::start({.parent = directory, .cards = 0, .values = {}}));
    auto client = CCD_TRY(Client::open(daemon.socket(), answer_patience));
    return std::make_unique<Ours>(std::move(daemon), std::move(client), ccctl, setting.run);
}

}  // namespace ccd::bench
