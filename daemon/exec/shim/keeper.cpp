#include "daemon/exec/shim/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "daemon/exec/descriptor_packet.h"
#include "daemon/exec/keeping.h"
#include "daemon/exec/number.h"

namespace ccd::exec {
namespace {

struct Kept {
    char packet[keeping::name_limit + 2];  // as it has come: a K, and the name
    int descriptor;
};

// Only what is used of it takes memory.
Kept kept[keeping::kept_limit];
std::size_t kept_count = 0;

void drop(std::string_view name) {
    for (std::size_t i = 0; i < kept_count; ++i) {
        if (name != kept[i].packet + 1) continue;
        close(kept[i].descriptor);
        kept[i] = kept[--kept_count];
        return;
    }
}

bool keep(std::string_view packet, UniqueFd descriptor) {
    if (!descriptor) return false;
    drop(packet.substr(1));
    if (kept_count == keeping::kept_limit) return false;
    Kept& fresh = kept[kept_count++];
    std::memcpy(fresh.packet, packet.data(), packet.size());
    fresh.packet[packet.size()] = '\0';
    fresh.descriptor = descriptor.release();
    return true;
}

bool answer(int connection, char word) {
    return send_packet(connection, {&word, 1});
}

bool give_all(int connection) {
    for (std::size_t i = 0; i < kept_count; ++i)
        if (!send_packet(connection, kept[i].packet, kept[i].descriptor)) return false;
    return answer(connection, keeping::done);
}

bool is_there(const char* path, const struct stat& made) {
    struct stat found {};
    return stat(path, &found) == 0 && found.st_ino == made.st_ino && found.st_dev == made.st_dev;
}

class Keeper {
public:
    Keeper(const char* path, int listener, int watch)
        : path_(path), listener_(listener), watch_(watch) {
        stat(path, &made_);
    }

    void run() {
        while (is_there(path_, made_)) {
            pollfd ready[] = {{.fd = listener_, .events = POLLIN, .revents = 0},
                              {.fd = watch_, .events = POLLIN, .revents = 0},
                              {.fd = connection_.get(), .events = POLLIN, .revents = 0}};
            const int count = poll(ready, 3, connection_ ? -1 : linger_);
            if (count == 0) return leave();
            if (count < 0 && errno != EINTR) return leave();
            if (ready[2].revents != 0 && !serve()) connection_.reset();
            if (ready[1].revents != 0) read_watch();
            if (ready[0].revents != 0) welcome();
        }
    }

private:
    static constexpr int for_ever = -1;

    // One packet. False: the connection is over.
    bool serve() {
        char bytes[keeping::name_limit + 1];
        auto [size, descriptor] = receive_packet(connection_.get(), bytes);
        if (size < 1) return false;
        const std::string_view packet{bytes, static_cast<std::size_t>(size)};
        switch (packet.front()) {
            case keeping::keep:
                return answer(connection_.get(), keep(packet, std::move(descriptor))
                                                     ? keeping::done
                                                     : keeping::refused);
            case keeping::drop:
                drop(packet.substr(1));
                return answer(connection_.get(), keeping::done);
            case keeping::take:
                return give_all(connection_.get());
            case keeping::leave:
                return set_linger(packet.substr(1)) && answer(connection_.get(), keeping::done);
        }
        return false;
    }

    bool set_linger(std::string_view text) {
        std::uint16_t seconds = 0;
        if (!parse_number(text, seconds)) return false;
        linger_ = seconds * 1'000;
        return true;
    }

    // The one before is of a ccd that is gone. Its descriptor may be the last that was left.
    void welcome() {
        connection_.reset();
        UniqueFd fresh{accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)};
        if (!fresh || !is_of_our_user(fresh.get())) return;
        set_patience(fresh.get());
        connection_ = std::move(fresh);
        linger_ = for_ever;
    }

    void read_watch() {
        char events[4'096];
        (void)!read(watch_, events, sizeof events);
    }

    void leave() { unlink(path_); }

    const char* path_;
    int listener_;
    int watch_;
    UniqueFd connection_;
    int linger_ = for_ever;  // milliseconds, with nobody connected
    struct stat made_ {};
};

int bound_to(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (std::strlen(path) >= sizeof address.sun_path) return -1;
    std::strcpy(address.sun_path, path);
    const int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    unlink(path);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
    return listener;
}

int watch_folder_of(const char* path) {
    char folder[sizeof(sockaddr_un::sun_path)];
    std::strcpy(folder, path);
    char* slash = std::strrchr(folder, '/');
    if (slash == nullptr || slash == folder) return -1;
    *slash = '\0';
    const int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return inotify_add_watch(watch, folder, IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF) < 0 ? -1
                                                                                            : watch;
}

// Nobody's child, in nobody's way.
void settle() {
    setsid();
    (void)!chdir("/");
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
    close(null);
    for (int number : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) signal(number, SIG_IGN);
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace

int keep_descriptors(const char* path) {
    close_range(STDERR_FILENO + 1, ~0U, 0);
    umask(077);
    const int listener = bound_to(path);
    const int watch = listener < 0 ? -1 : watch_folder_of(path);
    int listening[2];
    if (watch < 0 || pipe(listening) != 0) return 1;
    // It listens itself, for the kernel tells who connects of the one who did.
    const pid_t pid = fork();
    if (pid != 0) {
        close(listening[1]);
        char word = 0;
        return pid > 0 && read(listening[0], &word, 1) == 1 ? 0 : 1;
    }
    if (listen(listener, 4) != 0 || write(listening[1], "", 1) != 1) return 1;
    close_range(static_cast<unsigned>(listening[0]), static_cast<unsigned>(listening[1]), 0);
    settle();
    Keeper{path, listener, watch}.run();
    return 0;
}

}  // namespace ccd::exec
