#include "tests/harness/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "tests/harness/error.h"

namespace ccd::harness {
namespace {

using Clock = std::chrono::steady_clock;

// Between two attempts to connect; the child's death is noticed at once.
constexpr Millis pause{2};

Millis left_until(Clock::time_point deadline) {
    return std::max(Millis{0}, std::chrono::ceil<Millis>(deadline - Clock::now()));
}

}  // namespace

Result<UniqueFd> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return failure(Errc::bad_request, "the socket path '" + path + "' is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd) return failure_from(errno, "no socket");
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return failure(Errc::unreachable,
                       "nobody listens on '" + path + "': " + std::strerror(errno));
    return fd;
}

Result<std::string> exchange(int fd, const Probe& probe, Millis patience) {
    auto deadline = Clock::now() + patience;
    if (::send(fd, probe.request.data(), probe.request.size(), MSG_NOSIGNAL) < 0)
        return failure(Errc::unreachable, std::string{"cannot send: "} + std::strerror(errno));
    std::string received;
    char buffer[4096];
    while (probe.count(received).whole == 0) {
        pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
        if (::poll(&readable, 1, static_cast<int>(left_until(deadline).count())) <= 0)
            return failure(Errc::timeout, "no answer");
        auto size = ::recv(fd, buffer, sizeof buffer, 0);
        if (size <= 0) return failure(Errc::unreachable, "closed before it answered");
        received.append(buffer, static_cast<std::size_t>(size));
    }
    return received;
}

Result<void> wait_until_it_answers(Child& child, const std::string& path, const Probe& probe,
                                   Millis patience) {
    auto deadline = Clock::now() + patience;
    for (;;) {
        if (auto fd = connect_to(path))
            if (exchange(fd->get(), probe, left_until(deadline))) return {};
        if (auto status = child.wait(pause))
            return failure(Errc::unreachable, "it ended with " + describe_status(*status));
        if (Clock::now() >= deadline)
            return failure(Errc::timeout, "no answer on '" + path + "' after " +
                                              std::to_string(patience.count()) + " ms");
    }
}

Result<pid_t> peer_of(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return failure_from(errno, "no peer");
    return peer.pid;
}

}  // namespace ccd::harness
