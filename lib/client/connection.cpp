#include "lib/client/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "lib/wire/message.h"

namespace ccd::client {
namespace {

constexpr std::size_t buffer_size = 1 << 16;
constexpr std::size_t descriptors_per_message = 4;
constexpr std::size_t descriptors_limit = 64;  // that nobody has taken

Time now() {
    return std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now());
}

// Whole milliseconds until the deadline, as poll wants them.
int poll_timeout(Deadline deadline) {
    if (!deadline) return -1;
    return static_cast<int>(std::min<std::int64_t>(time_until(*deadline).count(), 1 << 30));
}

// False: the deadline came first.
bool wait(int socket, short events, Deadline deadline) {
    for (;;) {
        pollfd entry{.fd = socket, .events = events, .revents = 0};
        if (::poll(&entry, 1, poll_timeout(deadline)) > 0) return true;
        if (deadline && now() >= *deadline) return false;
    }
}

// The request may have been carried out, or may yet be: only asking again can tell.
Error unanswered(Errc code, std::string message) {
    return Error{.code = code, .message = std::move(message), .confirmed = false};
}

Error closed() {
    return unanswered(Errc::unreachable, "the daemon closed the connection before it answered");
}

tl::unexpected<Error> cannot_connect(const std::string& path, int code) {
    if (code == EACCES || code == EPERM)
        return failure(Errc::denied, "no right to connect to '" + path +
                                         "': join group ccd (usermod -aG ccd USER) and log in "
                                         "again");
    if (code == EAGAIN || code == EINTR)
        return failure(Errc::timeout, "the daemon at '" + path + "' accepts no connection");
    return failure(Errc::unreachable, "no daemon answers at '" + path + "' (" +
                                          ::strerrordesc_np(code) +
                                          "): is ccd running? systemctl start ccd");
}

// A full queue of the listener makes connect wait; this bounds it.
void bound_connect(int socket, Deadline deadline) {
    if (!deadline) return;
    auto left = std::chrono::ceil<Micros>(*deadline - now()).count();
    left = std::max<std::int64_t>(left, 1'000);  // 0 would mean for ever
    timeval bound{.tv_sec = left / 1'000'000, .tv_usec = left % 1'000'000};
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
}

// Whoever can create a socket at the path could pose as the daemon.
Result<void> check_peer(int socket, const std::string& path) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return cannot_connect(path, errno);
    if (peer.uid != 0 && peer.uid != ::geteuid())
        return failure(Errc::denied, "what listens at '" + path + "' belongs to user " +
                                         std::to_string(peer.uid) +
                                         ", who is neither root nor you");
    return {};
}

// Owns the descriptors of one received message from here on.
void take_rights(msghdr& header, std::vector<UniqueFd>& descriptors) {
    for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
            descriptors.emplace_back(descriptor);
        }
    }
}

// As send(2) that never waits; none: -1.
ssize_t send_some(int socket, std::string_view bytes, int descriptor) {
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (descriptor >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
    }
    return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Deadline deadline_after(std::optional<Millis> timeout) {
    auto begin = now();
    if (!timeout || *timeout > std::chrono::floor<Millis>(Time::max() - begin)) return {};
    return begin + *timeout;
}

Millis time_until(Time deadline) {
    return std::max(std::chrono::ceil<Millis>(deadline - now()), Millis{0});
}

Connection::Connection(UniqueFd socket)
    : socket_(std::move(socket)), buffer_(std::make_unique_for_overwrite<char[]>(buffer_size)) {}

Result<Connection> Connection::open(const std::string& path, Deadline deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return failure(Errc::bad_request, "'" + path + "' is no path of a socket: 1 to " +
                                              std::to_string(sizeof address.sun_path - 1) +
                                              " bytes are allowed");
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket) return cannot_connect(path, errno);
    bound_connect(socket.get(), deadline);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return cannot_connect(path, errno);
    CCD_TRY(check_peer(socket.get(), path));
    return Connection{std::move(socket)};
}

tl::unexpected<Error> Connection::close(Error error) {
    socket_.reset();
    return tl::unexpected{std::move(error)};
}

Result<void> Connection::send(std::string_view frame, Deadline deadline, int descriptor) {
    while (!frame.empty()) {
        auto sent = send_some(socket_.get(), frame, descriptor);
        if (sent >= 0) {
            descriptor = -1;
            frame.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) {
            // A daemon that refuses a connection says why before it closes it.
            auto last_words = messages_.empty() ? read_some() : Result<void>{};
            if (last_words && !messages_.empty() && messages_.front().error)
                return close(*std::move(messages_.front().error));
            return close(closed());
        }
        if (!wait(socket_.get(), POLLIN | POLLOUT, deadline))
            return close(Error{.code = Errc::timeout, .message = "the daemon reads no requests"});
        CCD_TRY(read_some());
    }
    return {};
}

Result<Message> Connection::receive(Deadline deadline) {
    for (;;) {
        if (auto message = CCD_TRY(try_receive())) return *std::move(message);
        if (!wait(socket_.get(), POLLIN, deadline))
            return tl::unexpected{unanswered(Errc::timeout, "the daemon has not answered in time")};
    }
}

Result<std::optional<Message>> Connection::try_receive() {
    if (messages_.empty()) CCD_TRY(read_some());
    if (messages_.empty()) return std::optional<Message>{};
    auto message = std::optional{std::move(messages_.front())};
    messages_.pop_front();
    return message;
}

void Connection::drop_descriptors(std::size_t count) {
    const auto first = descriptors_.begin();
    descriptors_.erase(first,
                       first + static_cast<std::ptrdiff_t>(std::min(count, descriptors_.size())));
}

// Takes in what there is. It is an error only where the stream has come to its end.
Result<void> Connection::read_some() {
    if (!socket_) return tl::unexpected{closed()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_per_message * sizeof(int))> control;
    iovec bytes{.iov_base = buffer_.get(), .iov_len = buffer_size};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    auto size = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (size <= 0) return close(closed());
    take_rights(header, descriptors_);
    if ((header.msg_flags & MSG_CTRUNC) != 0 || descriptors_.size() > descriptors_limit)
        return close(
            Error{.code = Errc::internal, .message = "the daemon sent too many descriptors"});
    return take_frames({buffer_.get(), static_cast<std::size_t>(size)});
}

Result<void> Connection::take_frames(std::string_view bytes) {
    decoder_.feed(bytes);
    for (;;) {
        auto frame = decoder_.next();
        if (frame && !*frame) return {};
        auto head = frame ? wire::parse_reply(**frame)
                          : Result<wire::ReplyHead>{tl::unexpected{frame.error()}};
        if (!head)
            return close(
                unanswered(Errc::internal, "what answers does not speak as ccd " CCD_VERSION
                                           " does, perhaps it is another release: " +
                                               head.error().message));
        messages_.push_back(Message{.msgid = head->msgid,
                                    .is_item = head->is_item,
                                    .error = std::move(head->error),
                                    .result = std::string{head->result}});
    }
}

}  // namespace ccd::client
