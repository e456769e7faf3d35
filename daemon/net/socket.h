// Unix sockets: bytes with descriptors, and who is on the other end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::net {

// By the kernel's word, taken when the peer connected.
struct Peer {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;
};

Result<Peer> peer_of(int socket);
// The peer's further groups, as they were when it connected, in order; none where the kernel does
// not say.
std::vector<std::uint32_t> groups_of_peer(int socket);

inline constexpr std::size_t descriptor_limit = 4;  // in one message

struct Received {
    ssize_t size = 0;  // 0: the peer has closed; -1: nothing now, or broken, by errno
    std::vector<UniqueFd> descriptors;
    bool too_many_descriptors = false;
};

Received receive(int socket, std::span<char> into);

// Sends bytes, and with the first of them the descriptors. As send(2): -1 by errno.
ssize_t send(int socket, std::span<const char> bytes, std::span<const UniqueFd> descriptors);

}  // namespace ccd::net
