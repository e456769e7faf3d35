#include "daemon/sys/directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ccd::sys {
namespace {

tl::unexpected<Error> failed(const std::string& what) {
    return tl::unexpected{
        Error{.code = Errc::internal, .message = what + ": " + std::strerror(errno)}};
}

}  // namespace

Result<void> make_directory(const std::string& path, unsigned mode) {
    for (auto end = path.find('/', 1); true; end = path.find('/', end + 1)) {
        auto part = path.substr(0, end);
        if (mkdir(part.c_str(), mode) == 0)
            chmod(part.c_str(), mode);  // the umask may have taken something away
        else if (end == std::string::npos && errno != EEXIST)
            return failed("cannot make the directory '" + path + "'");
        if (end == std::string::npos) break;
    }
    struct stat found {};
    if (stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) return {};
    errno = ENOTDIR;
    return failed("cannot make the directory '" + path + "'");
}

Result<bool> is_private(const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) return failed("cannot look at '" + path + "'");
    if (found.st_uid == geteuid() || found.st_uid == 0) return (found.st_mode & 077U) == 0;
    return failure(Errc::internal, "'" + path + "' belongs to uid " + std::to_string(found.st_uid) +
                                       "; give it to uid " + std::to_string(geteuid()) +
                                       ", or name another directory");
}

Result<void> make_private(const std::string& path) {
    if (CCD_TRY(is_private(path)) || chmod(path.c_str(), 0700) == 0) return {};
    return failed("cannot shut others out of '" + path + "'");
}

}  // namespace ccd::sys
