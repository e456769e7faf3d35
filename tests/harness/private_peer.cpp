#include "tests/harness/private_peer.h"

#include "tests/harness/connection.h"
#include "tests/harness/requests.h"

namespace ccd::harness {
namespace {

constexpr Millis patience{20'000};

std::string program_of(PeerKind kind) {
    return kind == PeerKind::beanstalkd ? "beanstalkd" : "redis-server";
}

Program command_of(PeerKind kind, const std::string& program, const TemporaryDirectory& home) {
    auto log = home / "log";
    auto socket = home / "peer.sock";
    if (kind == PeerKind::beanstalkd)
        return {.argv = {program, "-b", home.path(), "-f0", "-l", "unix:" + socket},
                .environment = {},
                .output = log};
    Program redis{.argv = {program, "--port", "0", "--unixsocket", socket, "--dir", home.path(),
                           "--save", "", "--daemonize", "no"},
                  .environment = {},
                  .output = log};
    // The log is never rewritten in the middle of a run.
    if (kind == PeerKind::redis_aof)
        for (auto word : {"--appendonly", "yes", "--appendfsync", "always",
                          "--auto-aof-rewrite-percentage", "0"})
            redis.argv.emplace_back(word);
    return redis;
}

Probe probe_of(PeerKind kind) {
    if (kind == PeerKind::beanstalkd) return {"list-tube-used\r\n", &beanstalkd_answers};
    return {redis_request({"PING"}), &redis_answers};
}

}  // namespace

Result<PrivatePeer> PrivatePeer::start(PeerKind kind, const std::string& parent) {
    auto program = find_in_path(program_of(kind));
    if (!program) return failure(Errc::not_found, "'" + program_of(kind) + "' is not installed");
    auto directory = CCD_TRY(TemporaryDirectory::create(parent, "ccd-peer"));
    auto child = CCD_TRY(Child::start(command_of(kind, *program, directory)));
    PrivatePeer peer{std::move(directory), std::move(child)};
    CCD_TRY(wait_until_it_answers(peer.child_, peer.socket(), probe_of(kind), patience));
    return peer;
}

}  // namespace ccd::harness
