// What connections have asked for and have not been told yet, so that none of them grows without
// bound: how many requests, and the bytes that are kept for their replies.
//
// Owner: the Turn. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace ccd::daemon {

class Owed {
public:
    // For one connection, at most. Bytes are exceeded by one reply.
    static constexpr std::uint32_t request_limit = 4'096;
    static constexpr std::size_t byte_limit = 4 << 20;

    bool is_full(std::uint64_t connection) const {
        auto found = of_.find(connection);
        return found != of_.end() &&
               (found->second.requests >= request_limit || found->second.bytes > byte_limit);
    }

    void add_request(std::uint64_t connection) { ++of_[connection].requests; }
    void take_request(std::uint64_t connection) {
        auto found = of_.find(connection);
        if (found != of_.end() && --found->second.requests == 0) of_.erase(found);
    }

    // For a request that was added, until it is taken. True: it is not too much yet.
    bool add_bytes(std::uint64_t connection, std::size_t bytes) {
        auto found = of_.find(connection);
        if (found == of_.end()) return true;
        found->second.bytes += bytes;
        return found->second.bytes <= byte_limit;
    }
    void take_bytes(std::uint64_t connection, std::size_t bytes) {
        auto found = of_.find(connection);
        if (found != of_.end()) found->second.bytes -= bytes;
    }

    void forget(std::uint64_t connection) { of_.erase(connection); }

private:
    struct OfOne {
        std::uint32_t requests = 0;
        std::size_t bytes = 0;
    };
    std::unordered_map<std::uint64_t, OfOne> of_;
};

}  // namespace ccd::daemon
