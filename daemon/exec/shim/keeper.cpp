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
#include <cstring>
#include <string_view>

#include "daemon/exec/keeping.h"

namespace ccd::exec {
namespace {

struct Kept {
    char name[keeping::name_limit + 1];
    int descriptor;
};

// Only what is used of it takes memory.
Kept kept[keeping::kept_limit];
std::size_t kept_count = 0;

union Control {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

Kept* find(std::string_view name) {
    for (std::size_t i = 0; i < kept_count; ++i)
        if (name == kept[i].name) return &kept[i];
    return nullptr;
}

void drop(std::string_view name) {
    Kept* found = find(name);
    if (found == nullptr) return;
    close(found->descriptor);
    *found = kept[--kept_count];
}

bool keep(std::string_view name, int descriptor) {
    drop(name);
    if (kept_count == keeping::kept_limit || descriptor < 0) return false;
    Kept& fresh = kept[kept_count++];
    std::memcpy(fresh.name, name.data(), name.size());
    fresh.name[name.size()] = '\0';
    fresh.descriptor = descriptor;
    return true;
}

bool answer(int connection, char word) {
    return send(connection, &word, 1, MSG_NOSIGNAL) == 1;
}

bool give(int connection, const Kept& one) {
    char packet[keeping::name_limit + 1];
    const std::size_t length = std::strlen(one.name);
    packet[0] = keeping::keep;
    std::memcpy(packet + 1, one.name, length);
    iovec part{.iov_base = packet, .iov_len = length + 1};
    Control control{};
    control.header = {
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    std::memcpy(CMSG_DATA(&control.header), &one.descriptor, sizeof(int));
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    return sendmsg(connection, &message, MSG_NOSIGNAL) >= 0;
}

bool give_all(int connection) {
    for (std::size_t i = 0; i < kept_count; ++i)
        if (!give(connection, kept[i])) return false;
    return answer(connection, keeping::done);
}

// One packet. False: the connection is over.
bool serve(int connection, bool& is_left) {
    char packet[keeping::name_limit + 1];
    iovec part{.iov_base = packet, .iov_len = sizeof packet};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    const ssize_t size = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) return size < 0 && errno == EINTR;
    int descriptor = -1;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS)
        std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    const std::string_view name{packet + 1, static_cast<std::size_t>(size) - 1};
    switch (packet[0]) {
        case keeping::keep:
            if (keep(name, descriptor)) return answer(connection, keeping::done);
            if (descriptor >= 0) close(descriptor);
            return answer(connection, keeping::full);
        case keeping::drop:
            drop(name);
            return answer(connection, keeping::done);
        case keeping::take:
            return give_all(connection);
        case keeping::leave:
            is_left = true;
            return answer(connection, keeping::done);
    }
    return false;
}

bool is_of_our_user(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == geteuid();
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
                              {.fd = connection_, .events = POLLIN, .revents = 0}};
            const int count = poll(ready, 3, patience());
            if (count == 0) return leave();
            if (count < 0 && errno != EINTR) return leave();
            if (ready[0].revents != 0) welcome();
            if (ready[1].revents != 0) read_watch();
            if (ready[2].revents != 0 && ready[2].fd == connection_ &&
                !serve(connection_, is_left_))
                hang_up();
        }
    }

private:
    int patience() const {
        if (!is_left_ || connection_ >= 0) return -1;
        return static_cast<int>(std::chrono::milliseconds{keeping::linger}.count());
    }

    // The one before is of a ccd that is gone.
    void welcome() {
        const int fresh = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fresh < 0) return;
        if (!is_of_our_user(fresh)) {
            close(fresh);
            return;
        }
        hang_up();
        connection_ = fresh;
        is_left_ = false;
    }

    void hang_up() {
        if (connection_ >= 0) close(connection_);
        connection_ = -1;
    }

    void read_watch() {
        char events[4'096];
        (void)!read(watch_, events, sizeof events);
    }

    void leave() { unlink(path_); }

    const char* path_;
    int listener_;
    int watch_;
    int connection_ = -1;
    bool is_left_ = false;
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
