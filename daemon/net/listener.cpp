#include "daemon/net/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace ccd::net {
namespace {

constexpr int backlog = 1'024;
constexpr int accepts_at_once = 256;
// How long nobody is taken when nobody can be.
constexpr Millis pause{100};

Error error_of(const std::string& what) {
    return Error{.code = Errc::internal, .message = what + ": " + std::strerror(errno)};
}

UniqueFd open_reserve() {
    return UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

bool is_socket(const std::string& path) {
    struct stat found {};
    return lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

// Group and mode of the socket's file, before anybody can connect.
Result<void> set_access(const ListenerConfig& config, std::string& warning) {
    auto mode = config.mode;
    if (!config.group.empty()) {
        const auto* group = getgrnam(config.group.c_str());
        if (group == nullptr) {
            warning = "there is no group '" + config.group +
                      "' (daemon.socket_group); only the daemon's own user may connect";
            mode = 0600;
        } else if (chown(config.path.c_str(), static_cast<uid_t>(-1), group->gr_gid) != 0) {
            warning = "cannot give the socket to group '" + config.group +
                      "': " + std::strerror(errno) + "; only the daemon's own user may connect";
            mode = 0600;
        }
    }
    if (chmod(config.path.c_str(), mode) != 0)
        return tl::unexpected{error_of("cannot set the mode of '" + config.path + "'")};
    return {};
}

}  // namespace

Result<UniqueFd> Listener::bind(const ListenerConfig& config, std::string& warning) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (config.path.size() >= sizeof address.sun_path)
        return failure(Errc::bad_request,
                       "the path of the socket has " + std::to_string(config.path.size()) +
                           " bytes; at most " + std::to_string(sizeof address.sun_path - 1) +
                           " fit: '" + config.path + "' (daemon.socket)");
    config.path.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);

    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return tl::unexpected{error_of("cannot make a socket")};
    if (::connect(socket.get(), name, sizeof address) == 0)
        return failure(Errc::conflict, "somebody listens on '" + config.path + "' already");
    // The same is said of a file that is no socket: that is somebody else's.
    if (errno == ECONNREFUSED && is_socket(config.path)) unlink(config.path.c_str());
    socket.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // The file gets the mode that its socket has: nobody but us connects before set_access.
    auto is_bound = socket && fchmod(socket.get(), 0600) == 0 &&
                    ::bind(socket.get(), name, sizeof address) == 0;
    if (!is_bound) return tl::unexpected{error_of("cannot bind '" + config.path + "'")};
    CCD_TRY(set_access(config, warning));
    if (::listen(socket.get(), backlog) != 0)
        return tl::unexpected{error_of("cannot listen on '" + config.path + "'")};
    return socket;
}

std::string Listener::compare_access(const ListenerConfig& config) {
    struct stat found {};
    if (lstat(config.path.c_str(), &found) != 0) return {};
    const auto* group = config.group.empty() ? nullptr : getgrnam(config.group.c_str());
    if ((found.st_mode & 07777) != config.mode) return "daemon.socket_mode";
    if (group != nullptr && found.st_gid != group->gr_gid) return "daemon.socket_group";
    return {};
}

Listener::Listener(loop::Loop& loop, UniqueFd socket, OnConnection on_connection)
    : socket_(std::move(socket)),
      reserve_(open_reserve()),
      on_connection_(std::move(on_connection)),
      resume_(loop, [this] { poll_.watch(loop::Poll::Watch::readable); }),
      poll_(loop, socket_.get(), [this] { accept(); }) {}

void Listener::accept() {
    for (int i = 0; i < accepts_at_once; ++i) {
        UniqueFd connection{accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (connection) {
            on_connection_(std::move(connection));
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno == EAGAIN) return;
        if ((errno == EMFILE || errno == ENFILE) && shed()) return;
        // Who waits keeps the socket readable, and the loop would do nothing else.
        poll_.watch(loop::Poll::Watch::none);
        return resume_.set(pause);
    }
}

// A connection that there is no descriptor for is told so at once: the reserve is given up for it,
// and it is closed. Not so where another thread has taken the reserve's place.
bool Listener::shed() {
    reserve_.reset();
    UniqueFd shed{accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    bool was_taken{shed};
    shed.reset();
    reserve_ = open_reserve();
    return was_taken;
}

}  // namespace ccd::net
