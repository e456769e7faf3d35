// The other end of a client's socket, for what no daemon of ours would send: it says byte for byte
// what a test gives it. One thread serves both ends, for a socket keeps what is not yet read.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "ccd/unique_fd.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"

namespace peer {

using namespace ccd;

class Directory {
public:
    Directory() {
        std::string pattern{"/tmp/ccd-client-XXXXXX"};
        BOOST_TEST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Directory() {
        ::unlink(socket_path().c_str());
        ::rmdir(path_.c_str());
    }
    Directory(const Directory&) = delete;

    std::string socket_path() const { return path_ + "/ccd.sock"; }

private:
    std::string path_;
};

class Peer {
public:
    explicit Peer(int backlog = 8) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path().c_str());
        BOOST_TEST_REQUIRE(
            ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        BOOST_TEST_REQUIRE(::listen(listener_.get(), backlog) == 0);
    }

    std::string path() const { return directory_.socket_path(); }

    void accept() { connection_.reset(::accept(listener_.get(), nullptr, nullptr)); }
    void hang_up() { connection_.reset(); }
    void stop_listening() { listener_.reset(); }

    void say(std::string_view bytes) const {
        BOOST_TEST_REQUIRE(::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                           static_cast<ssize_t>(bytes.size()));
    }

    // With a copy of each descriptor beside the first byte.
    void say_with(std::string_view bytes, std::initializer_list<int> descriptors) const {
        std::array<char, 512> control{};
        iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
        auto* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
        std::memcpy(CMSG_DATA(header), descriptors.begin(), descriptors.size() * sizeof(int));
        BOOST_TEST_REQUIRE(::sendmsg(connection_.get(), &message, MSG_NOSIGNAL) ==
                           static_cast<ssize_t>(bytes.size()));
    }

    // The descriptor beside the next byte, which is heard with it; none: there is none.
    UniqueFd hear_descriptor() const {
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        char byte = 0;
        iovec part{.iov_base = &byte, .iov_len = 1};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        BOOST_TEST_REQUIRE(
            ::recvmsg(connection_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 1);
        const auto* header = CMSG_FIRSTHDR(&message);
        if (header == nullptr) return {};
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
        return UniqueFd{descriptor};
    }

    // What has come and was not heard yet.
    std::string hear() const {
        std::string bytes(1 << 16, '\0');
        auto size = ::recv(connection_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return bytes;
    }

private:
    Directory directory_;
    UniqueFd listener_;
    UniqueFd connection_;
};

// A frame around what `write(packer)` makes.
template <class Write>
std::string frame_of(Write write) {
    std::string frame;
    auto begun = wire::begin_frame(frame);
    wire::Packer packer{frame};
    write(packer);
    wire::end_frame(frame, begun);
    return frame;
}

inline std::string error_frame(std::uint64_t msgid, const Error& error) {
    return frame_of([&](wire::Packer& packer) { wire::put_error(packer, msgid, error); });
}

}  // namespace peer
