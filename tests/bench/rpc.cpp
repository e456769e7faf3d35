#include <fmt/format.h>

#include <algorithm>

#include "ccd/host.h"
#include "ccd/job.h"
#include "lib/client/client.h"
#include "tests/bench/contestants.h"
#include "tests/bench/redis_benchmark.h"
#include "tests/bench/server_load.h"
#include "tests/harness/connection.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"
#include "tests/harness/private_peer.h"
#include "tests/harness/requests.h"

namespace ccd::bench {
namespace {

using harness::PrivateDaemon;
using harness::PrivatePeer;

constexpr Millis patience{10'000};
constexpr std::size_t value_size = 100;

// After each run of our client one of redis-benchmark, on the same server in the same way.
class Redis : public Contestant {
public:
    Redis(std::unique_ptr<Contestant> load, RedisBenchmark benchmark, harness::Nanos run)
        : load_(std::move(load)), benchmark_(std::move(benchmark)), run_(run) {}

    Result<Measurement> run() override {
        auto measurement = CCD_TRY(load_->run());
        if (!unmeasured_) compare(*measurement.rate);
        return measurement;
    }

    std::optional<std::string> remark() const override {
        if (unmeasured_) return "our client beside redis-benchmark: " + *unmeasured_;
        if (theirs_.empty()) return std::nullopt;
        auto ours = harness::median(ours_);
        auto theirs = harness::median(theirs_);
        return fmt::format(
            "redis-benchmark drives the same Redis at {:.0f}/s, our client at "
            "{:.0f}/s: {:.2f} times as fast",
            theirs, ours, ours / theirs);
    }

private:
    // It is told how many requests, not for how long: what it is done with in about a run.
    void compare(double rate) {
        auto requests = std::max(1'000.0, rate / 2 * harness::seconds_of(run_));
        auto theirs = run_redis_benchmark(benchmark_, static_cast<std::uint64_t>(requests));
        if (!theirs) {
            unmeasured_ = theirs.error().message;
            return;
        }
        ours_.push_back(rate);
        theirs_.push_back(*theirs);
    }

    std::unique_ptr<Contestant> load_;
    RedisBenchmark benchmark_;
    harness::Nanos run_;
    std::vector<double> ours_, theirs_;      // requests a second
    std::optional<std::string> unmeasured_;  // why not
};

MadeContestant make_redis(const Variant& variant, const Setting& setting) {
    auto redis =
        CCD_TRY(PrivatePeer::start(harness::PeerKind::redis, harness::scratch_directory()));
    auto fd = CCD_TRY(harness::connect_to(redis.socket()));
    harness::Probe set{harness::redis_request({"SET", "key", std::string(value_size, 'x')}),
                       &harness::redis_answers};
    CCD_TRY(harness::exchange(fd.get(), set, patience));
    auto get = harness::redis_request({"GET", "key"});
    RedisBenchmark benchmark{.socket = redis.socket(),
                             .output = redis.directory() + "/benchmark",
                             .connections = variant.connections,
                             .depth = variant.depth,
                             .command = {"GET", "key"}};
    auto load = CCD_TRY(make_server_load(std::move(redis),
                                         {.socket = {},
                                          .count = &harness::redis_answers,
                                          .connections = variant.connections,
                                          .depth = variant.depth,
                                          .batch = harness::repeated(get, variant.depth),
                                          .next = {}},
                                         setting.run));
    return std::make_unique<Redis>(std::move(load), std::move(benchmark), setting.run);
}

// The requests of a batch: pings, or status of the one job there is.
Result<std::string> make_batch(const Variant& variant, const PrivateDaemon& daemon) {
    if (variant.name.starts_with("ping")) return harness::ccd_batch<host::Ping>(variant.depth, {});
    auto client = CCD_TRY(client::Client::open(daemon.socket(), patience));
    job::SubmitRequest submit;
    submit.argv = {"/bin/true"};
    submit.cwd = "/";
    submit.hold = true;
    auto id = CCD_TRY(client.call<job::Submit>(submit)).id;
    return harness::ccd_batch<job::Status>(variant.depth, {.ids = {id}});
}

MadeContestant make_ours(const Variant& variant, const Setting& setting) {
    auto daemon = CCD_TRY(
        PrivateDaemon::start({.parent = harness::scratch_directory(), .cards = 0, .values = {}}));
    auto batch = CCD_TRY(make_batch(variant, daemon));
    return make_server_load(std::move(daemon),
                            {.socket = {},
                             .count = &harness::ccd_answers,
                             .connections = variant.connections,
                             .depth = variant.depth,
                             .batch = std::move(batch),
                             .next = {}},
                            setting.run);
}

}  // namespace

MadeContestant make_rpc(const Variant& variant, std::string_view who, const Setting& setting) {
    return who == ourselves ? make_ours(variant, setting) : make_redis(variant, setting);
}

}  // namespace ccd::bench
