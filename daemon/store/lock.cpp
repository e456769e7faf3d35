#include "daemon/store/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace ccd::store {

Result<StateLock> StateLock::take(const std::string& directory, std::string_view file_name,
                                  std::string_view kind) {
    const std::string path = directory + "/" + std::string(file_name);
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file) {
        return failure(Errc::storage_unavailable,
                       "cannot open '" + path + "': " + std::generic_category().message(errno));
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return StateLock{std::move(file)};
    if (errno == EWOULDBLOCK) {
        return failure(Errc::conflict,
                       "another ccd uses the " + std::string(kind) + " '" + directory + "'");
    }
    return failure(Errc::storage_unavailable,
                   "cannot lock '" + path + "': " + std::generic_category().message(errno));
}

}  // namespace ccd::store
