#include "daemon/net/socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace ccd::net {
namespace {

// Room for the descriptors of one message, aligned as the kernel wants it.
union Control {
    cmsghdr header;
    char bytes[CMSG_SPACE(descriptor_limit * sizeof(int))];
};

std::vector<UniqueFd> descriptors_of(msghdr& message) {
    std::vector<UniqueFd> descriptors;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            descriptors.emplace_back(fd);
        }
    }
    return descriptors;
}

}  // namespace

Result<Peer> peer_of(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return failure(Errc::denied, std::string{"the kernel does not say who connects: "} +
                                         std::strerror(errno));
    // What the kernel cannot map is nobody.
    constexpr std::uint32_t overflow_uid = 65'534;
    if (credentials.uid == overflow_uid || credentials.uid == static_cast<std::uint32_t>(-1))
        return failure(Errc::denied, "the user who connects is not known here");
    return Peer{.uid = credentials.uid, .gid = credentials.gid, .pid = credentials.pid};
}

std::vector<std::uint32_t> groups_of_peer(int socket) {
    constexpr std::size_t most = 65'536;  // NGROUPS_MAX
    std::vector<std::uint32_t> groups(64);
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    auto failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0;
    if (failed && errno == ERANGE && size <= most * sizeof(gid_t)) {
        groups.resize(size / sizeof(gid_t));
        failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0;
    }
    if (failed) return {};
    groups.resize(size / sizeof(gid_t));
    std::ranges::sort(groups);
    return groups;
}

Received receive(int socket, std::span<char> into) {
    Control control;
    iovec part{.iov_base = into.data(), .iov_len = into.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    Received received{.size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT)};
    if (received.size < 0 || message.msg_controllen == 0) return received;
    received.descriptors = descriptors_of(message);
    received.too_many_descriptors = (message.msg_flags & MSG_CTRUNC) != 0;
    return received;
}

ssize_t send(int socket, std::span<const char> bytes, std::span<const UniqueFd> descriptors) {
    assert(descriptors.size() <= descriptor_limit);
    if (descriptors.empty())
        return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    Control control{};
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    control.header = {.cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int)),
                      .cmsg_level = SOL_SOCKET,
                      .cmsg_type = SCM_RIGHTS};
    auto* data = CMSG_DATA(&control.header);
    for (const auto& descriptor : descriptors) {
        int fd = descriptor.get();
        std::memcpy(data, &fd, sizeof fd);
        data += sizeof fd;
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace ccd::net
