#include <thread>

#include "tests/bench/contestants.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"
#include "tests/harness/process_figures.h"

namespace ccd::bench {
namespace {

using harness::PrivateDaemon;

Result<PrivateDaemon> start_daemon() {
    return PrivateDaemon::start({.parent = harness::scratch_directory(), .cards = 0, .values = {}});
}

// A new daemon for each run.
class Memory : public Contestant {
public:
    Result<Measurement> run() override {
        auto daemon = CCD_TRY(start_daemon());
        auto memory = CCD_TRY(harness::resident_memory(daemon.pid()));
        CCD_TRY(daemon.stop());
        return Measurement{.value = static_cast<double>(memory.count)};
    }
};

class Wakeups : public Contestant {
public:
    Wakeups(PrivateDaemon daemon, harness::Nanos window)
        : daemon_(std::move(daemon)), window_(window) {}

    Result<Measurement> run() override {
        auto before = CCD_TRY(harness::context_switches(daemon_.pid()));
        std::this_thread::sleep_for(window_);  // what is measured is that nothing happens
        auto after = CCD_TRY(harness::context_switches(daemon_.pid()));
        return Measurement{.value = static_cast<double>(after - before)};
    }

private:
    PrivateDaemon daemon_;
    harness::Nanos window_;
};

}  // namespace

MadeContestant make_idle(const Variant& variant, std::string_view, const Setting& setting) {
    if (variant.name == "rss") {
        CCD_TRY(harness::find_beside_us("ccd", "CCD_BIN"));
        return std::make_unique<Memory>();
    }
    return std::make_unique<Wakeups>(CCD_TRY(start_daemon()), 10 * setting.run);
}

}  // namespace ccd::bench
