#include "tests/daemon/net/far_end.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace ccd::net {

std::string request_frame(std::uint64_t msgid, std::string_view method) {
    std::string frame;
    auto begun = wire::begin_frame(frame);
    wire::Packer packer{frame};
    wire::begin_request(packer, msgid, method);
    packer.map(0);
    wire::end_frame(frame, begun);
    return frame;
}

std::string reply_frame(std::uint64_t msgid, std::size_t size) {
    std::string frame;
    auto begun = wire::begin_frame(frame);
    wire::Packer packer{frame};
    wire::begin_result(packer, msgid);
    packer.text(std::string(size, 'x'));
    wire::end_frame(frame, begun);
    return frame;
}

std::size_t FarEnd::say_some(std::string_view bytes) const {
    auto size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

void FarEnd::say(std::string_view bytes) const {
    BOOST_TEST_REQUIRE(say_some(bytes) == bytes.size());
}

void FarEnd::say_with(std::string_view bytes, std::size_t descriptors) const {
    std::vector<UniqueFd> opened;
    for (std::size_t i = 0; i < descriptors; ++i)
        opened.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
    for (std::size_t i = 0; i < descriptors; ++i) {
        int fd = opened[i].get();
        std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
    }
    BOOST_TEST_REQUIRE(::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) ==
                       static_cast<ssize_t>(bytes.size()));
}

void FarEnd::hear(std::size_t at_a_time) {
    std::vector<char> buffer(at_a_time);
    for (;;) {
        auto received = receive(socket_.get(), buffer);
        for (auto& descriptor : received.descriptors)
            descriptors_.push_back({heard_.size(),
                                    heard_.size() + static_cast<std::size_t>(received.size),
                                    std::move(descriptor)});
        has_ended_ |= received.size == 0 || (received.size < 0 && errno == ECONNRESET);
        if (received.size <= 0) return;
        heard_.append(buffer.data(), static_cast<std::size_t>(received.size));
    }
}

std::vector<wire::ReplyHead> FarEnd::replies() const {
    std::vector<wire::ReplyHead> heads;
    std::string_view rest = heard_;
    while (rest.size() >= wire::frame_header) {
        std::size_t size = 0;
        for (auto byte : rest.substr(0, wire::frame_header))
            size = size << 8 | static_cast<unsigned char>(byte);
        if (rest.size() < wire::frame_header + size) break;
        auto head = wire::parse_reply(rest.substr(wire::frame_header, size));
        BOOST_TEST_REQUIRE(head.has_value());
        heads.push_back(*head);
        rest.remove_prefix(wire::frame_header + size);
    }
    return heads;
}

std::vector<std::uint64_t> FarEnd::answered() const {
    std::vector<std::uint64_t> ids;
    for (const auto& head : replies()) ids.push_back(head.msgid);
    return ids;
}

Room::Room(ClientLimits limits)
    : on_request([](Session&, const wire::RequestHead& head, std::string& out) {
          out += reply_frame(head.msgid);
          return handlers::Outcome{.msgid = head.msgid};
      }),
      clients(
          loop, limits,
          [this](Session& session, std::string_view body, std::string& out) {
              auto head = wire::parse_request(body);
              if (!head) {
                  handlers::put_error_frame(out, 0, head.error());
                  return handlers::Outcome{.what = handlers::Outcome::What::close};
              }
              taken.push_back(head->msgid);
              connections.push_back(session.id());
              return on_request(session, *head, out);
          },
          [this](std::uint64_t id) { gone.push_back(id); },
          [this](std::uint64_t id) { drained.push_back(id); }) {}

FarEnd Room::join() {
    std::array<int, 2> ends{};
    BOOST_TEST_REQUIRE(
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    clients.add(UniqueFd{ends[0]});
    return FarEnd{UniqueFd{ends[1]}};
}

void Room::turn() {
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    next = clients.flush(now);
}

void Room::settle(FarEnd& peer) {
    for (std::size_t before = 0;; before = peer.heard().size() + taken.size()) {
        turn();
        turn();
        peer.hear();
        if (before == peer.heard().size() + taken.size() && before > 0) return;
    }
}

}  // namespace ccd::net
