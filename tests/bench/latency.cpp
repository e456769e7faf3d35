#include <filesystem>

#include "ccd/job.h"
#include "lib/client/client.h"
#include "tests/bench/contestants.h"
#include "tests/bench/stamp.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"

namespace ccd::bench {
namespace {

using client::Client;
using harness::PrivateDaemon;

constexpr Millis patience{60'000};
constexpr std::uint64_t fewest_jobs = 20;  // of a run, so that it has a p99

// One job at a time, on a daemon that has nothing else to do.
class Ours : public Contestant {
public:
    Ours(PrivateDaemon daemon, Client client, std::string us, harness::Nanos run)
        : daemon_(std::move(daemon)), client_(std::move(client)), run_(run) {
        job_.argv = {std::move(us), "--stamp", stamp()};
        job_.cwd = "/";
    }

    Result<Measurement> run() override {
        harness::Histogram latency;
        const auto began = monotonic_now();
        while (monotonic_now() < began + run_ || latency.total() < fewest_jobs)
            latency.record(CCD_TRY(start_one()));
        auto measurement = measurement_of(latency, monotonic_now() - began);
        measurement.rate.reset();
        measurement.value = measurement.p99;
        return measurement;
    }

private:
    std::string stamp() const { return daemon_.directory() + "/stamp"; }

    Result<harness::Nanos> start_one() {
        std::filesystem::remove(stamp());
        auto sent = monotonic_now();
        auto id = CCD_TRY(client_.call<job::Submit>(job_)).id;
        CCD_TRY(client_.call<job::Wait>({.ids = {id}}));
        return CCD_TRY(read_stamp(stamp())) - sent;
    }

    PrivateDaemon daemon_;
    Client client_;
    harness::Nanos run_;
    job::SubmitRequest job_;
};

}  // namespace

MadeContestant make_latency(const Variant&, std::string_view, const Setting& setting) {
    auto directory = CCD_TRY(harness::durable_directory());
    auto daemon = CCD_TRY(PrivateDaemon::start({.parent = directory, .cards = 0, .values = {}}));
    auto client = CCD_TRY(Client::open(daemon.socket(), patience));
    auto us = std::filesystem::read_symlink("/proc/self/exe").string();
    return std::make_unique<Ours>(std::move(daemon), std::move(client), std::move(us), setting.run);
}

}  // namespace ccd::bench
