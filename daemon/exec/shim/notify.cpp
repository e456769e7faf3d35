#include "daemon/exec/shim/notify.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "ccd/unique_fd.h"

namespace ccd::exec {
namespace {

iovec part_of(std::string_view text) {
    return {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
}

}  // namespace

int notify(std::string_view word, std::string_view text) {
    const char* path = getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::size_t length = path == nullptr ? 0 : std::strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return ENOTCONN;
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // a name without a file
    UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket) return errno;
    iovec parts[] = {part_of(word), part_of(text)};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return sendmsg(socket.get(), &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

}  // namespace ccd::exec
