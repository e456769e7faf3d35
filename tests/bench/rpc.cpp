#include "ccd/host.h"
#include "ccd/job.h"
#include "lib/client/client.h"
#include "tests/bench/contestants.h"
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

MadeContestant make_redis(const Variant& variant, const Setting& setting) {
    auto redis =
        CCD_TRY(PrivatePeer::start(harness::PeerKind::redis, harness::scratch_directory()));
    auto fd = CCD_TRY(harness::connect_to(redis.socket()));
    harness::Probe set{harness::redis_request({"SET", "key", std::string(value_size, 'x')}),
                       &harness::redis_answers};
    CCD_TRY(harness::exchange(fd.get(), set, patience));
    auto get = harness::redis_request({"GET", "key"});
    return make_server_load(std::move(redis),
                            {.socket = {},
                             .count = &harness::redis_answers,
                             .connections = variant.connections,
                             .depth = variant.depth,
                             .batch = harness::repeated(get, variant.depth),
                             .next = {}},
                            setting.run);
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
