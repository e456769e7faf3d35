#include "tests/harness/private_daemon.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "ccd/host.h"
#include "tests/harness/connection.h"
#include "tests/harness/error.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/requests.h"

namespace ccd::harness {
namespace {

constexpr Millis start_patience{60'000};
constexpr Millis stop_patience{20'000};
constexpr std::size_t log_limit = 4000;

std::string configuration(const TemporaryDirectory& directory, const TemporaryDirectory& runtime,
                          std::size_t cards) {
    std::string text = "[daemon]\nsocket = \"" + directory / "ccd.sock" + "\"\nstate_dir = \"" +
                       directory / "state" + "\"\nruntime_dir = \"" + runtime / "run" + "\"\n";
    text += "[jobs]\nexecutor = \"process\"\n[gpu]\n";
    text += cards > 0 ? "source = \"static\"\n" : "source = \"none\"\n";
    for (std::size_t card = 0; card < cards; ++card)
        text += "[[gpu.device]]\nuuid = \"GPU-" + std::to_string(card) + "\"\nmemory = \"24GiB\"\n";
    return text;
}

}  // namespace

Result<PrivateDaemon> PrivateDaemon::start(const DaemonSetup& setup) {
    auto ccd = CCD_TRY(find_beside_us("ccd", "CCD_BIN"));
    auto directory = CCD_TRY(TemporaryDirectory::create(setup.parent, "ccd"));
    auto runtime = CCD_TRY(TemporaryDirectory::create(volatile_directory(), "ccd-run"));
    std::ofstream{directory / "ccd.toml"} << configuration(directory, runtime, setup.cards);
    Program program{.argv = {ccd, "--config", directory / "ccd.toml"},
                    .environment = {},
                    .output = directory / "ccd.log"};
    for (const auto& value : setup.values) {
        program.argv.push_back("--set");
        program.argv.push_back(value);
    }
    auto child = CCD_TRY(Child::start(program));
    PrivateDaemon daemon{std::move(directory), std::move(runtime), std::move(program),
                         std::move(child)};
    CCD_TRY(daemon.wait_until_ready());
    return daemon;
}

PrivateDaemon::PrivateDaemon(TemporaryDirectory directory, TemporaryDirectory runtime,
                             Program program, Child child)
    : directory_(std::move(directory)),
      runtime_(std::move(runtime)),
      program_(std::move(program)),
      child_(std::move(child)) {}

PrivateDaemon::~PrivateDaemon() {
    child_.stop(stop_patience);
}

Result<void> PrivateDaemon::restart() {
    CCD_TRY(stop());
    child_ = CCD_TRY(Child::start(program_));
    return wait_until_ready();
}

Result<void> PrivateDaemon::set_cards(std::size_t count) {
    std::ofstream file{directory_ / "ccd.toml"};
    file << configuration(directory_, runtime_, count) << std::flush;
    if (!file) return failure_from(errno, "cannot write the configuration");
    if (!child_.wait(Millis{0})) ::kill(child_.pid(), SIGHUP);
    return {};
}

Result<void> PrivateDaemon::stop() {
    auto was_killed = child_.wait(Millis{0}).has_value();
    auto status = child_.stop(stop_patience);
    if (was_killed || status == 0) return {};
    return failure(Errc::internal, "ccd ended with " + describe_status(status) + ":\n" + log());
}

std::string PrivateDaemon::log() const {
    std::ifstream file{program_.output};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    return text.substr(text.size() - std::min(text.size(), log_limit));
}

Result<void> PrivateDaemon::wait_until_ready() {
    // What waits for the end of its start.
    Probe stats{ccd_request<host::Stats>(1, {}), &ccd_answers};
    auto answered = wait_until_it_answers(child_, socket(), stats, start_patience);
    if (answered) return {};
    return failure(answered.error().code,
                   "no ccd of our own: " + answered.error().message + "\n" + log());
}

}  // namespace ccd::harness
