#include "daemon/exec/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/loop/loop.h"
#include "daemon/sys/directory.h"

namespace ccd::exec {

Result<UniqueFd> open_log(const std::string& path) {
    auto open_now = [&] {
        return UniqueFd{open(
            path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600)};
    };
    UniqueFd log = open_now();
    std::size_t slash = path.rfind('/');
    bool may_make = slash != std::string::npos && slash > 0;
    // Once more, for the directory may have been empty and removed as such in between.
    for (int tries = 0; !log && errno == ENOENT && may_make && tries < 2; ++tries) {
        CCD_TRY(sys::make_directory(path.substr(0, slash), 0700));
        log = open_now();
    }
    if (log) return log;
    int reason = errno;
    Error error = loop::error_from(-reason, "cannot open the log '" + path + "'");
    if (reason == ELOOP) error.code = Errc::denied;  // somebody has put a link in its place
    return tl::unexpected{std::move(error)};
}

void write_last_line(const UniqueFd& log, std::string_view sentence) {
    std::string line = "ccd: " + std::string{sentence} + "\n";
    (void)!write(log.get(), line.data(), line.size());
}

void drop_empty_log(const std::string& path) {
    struct stat about {};
    if (lstat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0)
        unlink(path.c_str());
}

void give_up_log(const UniqueFd& log, const std::string& path, const Error& why) {
    struct stat about {};
    if (why.code != Errc::internal)
        write_last_line(log, why.message);
    else if (fstat(log.get(), &about) == 0 && about.st_size == 0)
        unlink(path.c_str());
}

}  // namespace ccd::exec
