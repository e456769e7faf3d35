#include <memory>

#include "ccd/job.h"
#include "tests/bench/contestants.h"
#include "tests/bench/server_load.h"
#include "tests/bench/typical_job.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"
#include "tests/harness/private_peer.h"
#include "tests/harness/requests.h"

namespace ccd::bench {
namespace {

using harness::PrivateDaemon;
using harness::PrivatePeer;
using harness::Stencil;

constexpr std::size_t value_size = 200;  // of what the peers are given to keep
job::SubmitRequest held_job() {
    auto job = typical_job();
    job.hold = true;
    return job;
}

// The stencil writes every request; its seed keeps keys apart from those of other contestants.
harness::Load load_of(const Variant& variant, harness::AnswerCounter count, std::string request) {
    return {.socket = {},
            .count = count,
            .connections = variant.connections,
            .depth = variant.depth,
            .batch = {},
            .next = [stencil = Stencil{std::move(request), key_blank, 17}](
                        std::string& out) mutable { stencil.write(out); }};
}

MadeContestant make_ours(const Variant& variant, const Setting& setting,
                         const std::string& directory) {
    auto daemon = CCD_TRY(PrivateDaemon::start(
        {.parent = directory, .cards = 0, .values = {"jobs.max_queued_per_user=100000000"}}));
    return make_server_load(
        std::move(daemon),
        load_of(variant, &harness::ccd_answers, harness::ccd_request<job::Submit>(1, held_job())),
        setting.run);
}

}  // namespace

MadeContestant make_submit(const Variant& variant, std::string_view who, const Setting& setting) {
    auto directory = CCD_TRY(harness::durable_directory());
    if (who == ourselves) return make_ours(variant, setting, directory);
    std::string value(value_size, 'x');
    if (who == "redis-aof") {
        auto redis = CCD_TRY(PrivatePeer::start(harness::PeerKind::redis_aof, directory));
        return make_server_load(std::move(redis),
                                load_of(variant, &harness::redis_answers,
                                        harness::redis_request({"SET", key_blank, value})),
                                setting.run);
    }
    auto beanstalkd = CCD_TRY(PrivatePeer::start(harness::PeerKind::beanstalkd, directory));
    value.replace(0, key_blank.size(), key_blank);
    return make_server_load(
        std::move(beanstalkd),
        load_of(variant, &harness::beanstalkd_answers, harness::beanstalkd_put(value)),
        setting.run);
}

}  // namespace ccd::bench
