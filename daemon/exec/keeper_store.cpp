#include "daemon/exec/keeper_store.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "daemon/exec/keeping.h"

namespace ccd::exec {
namespace {

constexpr timeval patience{.tv_sec = 1, .tv_usec = 0};

union Control {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

tl::unexpected<Error> failed(const std::string& what) {
    return failure(Errc::internal, "the keeper of descriptors " + what + ": " +
                                       std::generic_category().message(errno));
}

bool is_of_our_user(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == ::geteuid();
}

struct Packet {
    std::string bytes;
    UniqueFd descriptor;
};

Result<Packet> receive(int connection) {
    Packet packet{.bytes = std::string(keeping::name_limit + 1, '\0'), .descriptor = {}};
    iovec part{.iov_base = packet.bytes.data(), .iov_len = packet.bytes.size()};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const auto size = ::recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) return failed("does not answer");
    packet.bytes.resize(static_cast<std::size_t>(size));
    const auto* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
        packet.descriptor.reset(descriptor);
    }
    return packet;
}

Result<void> send(int connection, std::string bytes, int descriptor) {
    iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        control.header = {
            .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        std::memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
        message.msg_control = control.bytes.data();
        message.msg_controllen = control.bytes.size();
    }
    if (::sendmsg(connection, &message, MSG_NOSIGNAL) < 0) return failed("takes nothing");
    return {};
}

}  // namespace

Result<void> KeeperStore::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return failed("cannot have a socket at '" + socket_ + "'");
    }
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    UniqueFd connection{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0)
        return failed("is not there");
    if (!is_of_our_user(connection.get()))
        return failure(Errc::denied, "whoever listens at '" + socket_ + "' is another user");
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    connection_ = std::move(connection);
    return {};
}

// The program makes the socket, leaves a process that serves it, and ends.
Result<void> KeeperStore::begin() {
    std::string option = "--keep";
    std::array<char*, 4> arguments{shim_.data(), option.data(), socket_.data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    pid_t pid = -1;
    errno =
        ::posix_spawn(&pid, shim_.c_str(), nullptr, nullptr, arguments.data(), environment.data());
    if (errno != 0) return failed("cannot be started ('" + shim_ + "')");
    int status = -1;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (status != 0)
        return failure(Errc::internal, "the keeper of descriptors cannot listen at '" + socket_ +
                                           "': queues will be empty after a crash");
    return connect();
}

Result<char> KeeperStore::ask(char verb, const std::string& name, int descriptor) {
    auto sent = send(connection_.get(), verb + name, descriptor);
    auto answer = sent ? receive(connection_.get()) : tl::unexpected{sent.error()};
    if (answer) return answer->bytes.front();
    connection_.reset();
    return tl::unexpected{answer.error()};
}

sys::KeptDescriptors KeeperStore::take() {
    sys::KeptDescriptors kept;
    if (!connect()) return kept;
    auto asked = send(connection_.get(), std::string{keeping::take}, -1);
    while (asked) {
        auto packet = receive(connection_.get());
        if (!packet || packet->bytes.front() != keeping::keep) break;
        kept.insert_or_assign(packet->bytes.substr(1), std::move(packet->descriptor));
    }
    return kept;
}

Result<void> KeeperStore::keep(const std::string& name, int descriptor) {
    if (!connection_ && !connect()) CCD_TRY(begin());
    if (CCD_TRY(ask(keeping::keep, name, descriptor)) == keeping::done) return {};
    return failure(Errc::over_limit, "the keeper of descriptors has no room");
}

void KeeperStore::drop(const std::string& name) {
    if (connection_) static_cast<void>(ask(keeping::drop, name, -1));
}

void KeeperStore::leave() {
    if (connection_) static_cast<void>(ask(keeping::leave, {}, -1));
}

}  // namespace ccd::exec
