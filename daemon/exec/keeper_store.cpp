#include "daemon/exec/keeper_store.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "daemon/exec/descriptor_packet.h"
#include "daemon/exec/keeping.h"

namespace ccd::exec {
namespace {

// systemd hands over the names of all in one variable, and the kernel takes none that is larger.
constexpr std::size_t variable_limit = 128 << 10;
static_assert(keeping::kept_limit * (sys::kept_prefix.size() + keeping::name_limit + 1) +
                  std::string_view{"LISTEN_FDNAMES="}.size() <
              variable_limit);

Error failed(Errc code, const std::string& what) {
    return {.code = code,
            .message = "the keeper of descriptors " + what + ": " +
                       std::generic_category().message(errno)};
}

bool is_readable(int descriptor, Millis patience) {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    int ready = -1;
    do ready = ::poll(&one, 1, static_cast<int>(patience.count()));
    while (ready < 0 && errno == EINTR);
    return ready != 0;
}

}  // namespace

// Between two questions nothing comes: what can be read is the end, or an answer that was given up.
bool KeeperStore::is_connected() {
    if (connection_ && is_readable(connection_.get(), Millis{0})) connection_.reset();
    return static_cast<bool>(connection_);
}

// Refuses with `not_found` where there is no keeper; what else is wrong may pass.
Result<UniqueFd> KeeperStore::find() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return tl::unexpected{failed(Errc::internal, "cannot have a socket at '" + socket_ + "'")};
    }
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    UniqueFd connection{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (!connection) return tl::unexpected{failed(Errc::internal, "cannot be asked")};
    set_patience(connection.get());
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        const bool is_none = errno == ENOENT || errno == ECONNREFUSED;
        return tl::unexpected{failed(is_none ? Errc::not_found : Errc::internal,
                                     "cannot be reached at '" + socket_ + "'")};
    }
    if (is_of_our_user(connection.get())) return connection;
    return failure(Errc::denied, "whoever listens at '" + socket_ + "' is another user");
}

Result<void> KeeperStore::connect(WhereNone where_none) {
    if (clock_() < next_try_)
        return failure(Errc::internal, "the keeper of descriptors is not asked again yet");
    auto found = find();
    const bool is_none = !found && found.error().code == Errc::not_found;
    if (is_none && where_none == WhereNone::give_up) return tl::unexpected{found.error()};
    if (is_none) {
        auto begun = begin();
        found = begun ? find() : tl::unexpected{begun.error()};
    }
    next_try_ = clock_() + pause;
    if (!found) return tl::unexpected{found.error()};
    connection_ = std::move(*found);
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
    if (errno != 0)
        return tl::unexpected{failed(Errc::internal, "cannot be started ('" + shim_ + "')")};
    const UniqueFd program{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (!program || !is_readable(program.get(), keeping::patience)) ::kill(pid, SIGKILL);
    int status = -1;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    if (status == 0) return {};
    return failure(Errc::internal, "the keeper of descriptors cannot listen at '" + socket_ + "'");
}

Error KeeperStore::given_up(const std::string& what) {
    auto error = failed(Errc::internal, what);
    connection_.reset();
    next_try_ = clock_() + pause;
    return error;
}

Result<void> KeeperStore::ask(WhereNone where_none, const std::string& packet, int descriptor) {
    if (!is_connected()) {
        CCD_TRY(connect(where_none));
        if (on_replaced_) on_replaced_();
    }
    if (!send_packet(connection_.get(), packet, descriptor))
        return tl::unexpected{given_up("takes nothing")};
    char answer = 0;
    const auto size = receive_packet(connection_.get(), {&answer, 1}).size;
    if (size == 1 && answer == keeping::done) return {};
    if (size == 1 && answer == keeping::refused)
        return failure(Errc::over_limit, "the keeper of descriptors has no room");
    return tl::unexpected{given_up("does not answer")};
}

sys::KeptDescriptors KeeperStore::take() {
    sys::KeptDescriptors kept;
    if (!is_connected() && !connect(WhereNone::give_up)) return kept;
    std::array<char, keeping::name_limit + 1> bytes{};
    const bool is_asked = send_packet(connection_.get(), {&keeping::take, 1});
    for (std::size_t i = 0; is_asked && i <= keeping::kept_limit; ++i) {
        auto [size, descriptor] = receive_packet(connection_.get(), bytes);
        if (size == 1 && bytes.front() == keeping::done) return kept;
        if (size < 1 || bytes.front() != keeping::keep || !descriptor) break;
        const std::string_view name{bytes.data() + 1, static_cast<std::size_t>(size) - 1};
        kept.insert_or_assign(std::string{name}, std::move(descriptor));
    }
    given_up("does not give all back");
    return kept;
}

Result<void> KeeperStore::keep(const std::string& name, int descriptor) {
    assert(name.size() <= keeping::name_limit);
    return ask(WhereNone::begin, keeping::keep + name, descriptor);
}

void KeeperStore::drop(const std::string& name) {
    static_cast<void>(ask(WhereNone::give_up, keeping::drop + name));
}

void KeeperStore::leave() {
    static_cast<void>(
        ask(WhereNone::give_up, keeping::leave + std::to_string(keeping::linger.count())));
}

}  // namespace ccd::exec
