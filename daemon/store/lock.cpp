#include "daemon/store/lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace ccd::store {
namespace {

constexpr int tries = 50;
constexpr int pause = 20;  // milliseconds

// A daemon that was killed while it started a program leaves the lock to that program's process for
// the moment until it is executed. Whoever holds it longer is a daemon.
int lock(int file) {
    for (int i = 0; i < tries; ++i) {
        if (::flock(file, LOCK_EX | LOCK_NB) == 0) return 0;
        if (errno != EWOULDBLOCK) return errno;
        ::poll(nullptr, 0, pause);
    }
    return EWOULDBLOCK;
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& directory, std::string_view file_name,
                                  std::string_view kind) {
    const std::string path = directory + "/" + std::string(file_name);
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) {
        return failure(Errc::storage_unavailable,
                       "cannot open '" + path + "': " + std::generic_category().message(errno));
    }
    int error = lock(file.get());
    if (error == 0) return StateLock{std::move(file)};
    if (error == EWOULDBLOCK) {
        return failure(Errc::conflict,
                       "another ccd uses the " + std::string(kind) + " '" + directory + "'");
    }
    return failure(Errc::storage_unavailable,
                   "cannot lock '" + path + "': " + std::generic_category().message(error));
}

}  // namespace ccd::store
