// Other people's servers, to measure ourselves against: each on a Unix socket in a directory of
// its own.
//
// Owner: whoever measures; main thread (see Child).
#pragma once

#include <cstdint>
#include <string>

#include "tests/harness/child.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::harness {

enum class PeerKind : std::uint8_t {
    redis,       // nothing on disk
    redis_aof,   // appendonly, appendfsync always
    beanstalkd,  // write-ahead log, fsync at every write
};

class PrivatePeer {
public:
    // Refuses with `not_found` where it is not installed.
    static Result<PrivatePeer> start(PeerKind kind, const std::string& parent);

    PrivatePeer(PrivatePeer&&) = default;
    PrivatePeer& operator=(PrivatePeer&&) = default;

    const std::string& directory() const { return directory_.path(); }
    std::string socket() const { return directory_ / "peer.sock"; }

private:
    PrivatePeer(TemporaryDirectory directory, Child child)
        : directory_(std::move(directory)), child_(std::move(child)) {}

    TemporaryDirectory directory_;
    Child child_;
};

}  // namespace ccd::harness
