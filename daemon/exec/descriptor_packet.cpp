#include "daemon/exec/descriptor_packet.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include "daemon/exec/keeping.h"

namespace ccd::exec {
namespace {

// Room for one descriptor, aligned as the kernel wants it.
union Control {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};
// Not all of it: the kernel would put a second one into the padding.
constexpr std::size_t control_size = CMSG_LEN(sizeof(int));

// A signal interrupts calls that have a time-out, whatever its handler asks for.
template <class Call>
ssize_t uninterrupted(Call call) {
    ssize_t result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

}  // namespace

DescriptorPacket receive_packet(int connection, std::span<char> into) {
    iovec part{.iov_base = into.data(), .iov_len = into.size()};
    Control control{};
    msghdr message{};
    DescriptorPacket packet;
    packet.size = uninterrupted([&] {
        message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.bytes;
        message.msg_controllen = control_size;
        return ::recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    });
    if (packet.size < 0) return packet;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
        packet.descriptor.reset(descriptor);
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) packet.descriptor.reset();
    if ((message.msg_flags & MSG_TRUNC) != 0) {
        packet.size = -1;
        errno = EMSGSIZE;
    }
    return packet;
}

bool send_packet(int connection, std::string_view bytes, int descriptor) {
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        control.header = {
            .cmsg_len = control_size, .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        std::memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
        message.msg_control = control.bytes;
        message.msg_controllen = control_size;
    }
    return uninterrupted([&] { return ::sendmsg(connection, &message, MSG_NOSIGNAL); }) >= 0;
}

void set_patience(int connection) {
    constexpr timeval patience{.tv_sec = keeping::patience.count(), .tv_usec = 0};
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

bool is_of_our_user(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == ::geteuid();
}

}  // namespace ccd::exec
