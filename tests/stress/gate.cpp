#include "tests/stress/gate.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "tests/harness/error.h"

namespace ccd::stress {

Result<Gate> Gate::close(std::string path) {
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!file || ::flock(file.get(), LOCK_EX) != 0)
        return harness::failure_from(errno, "no gate at '" + path + "'");
    return Gate{std::move(path), std::move(file)};
}

bool pass_gate(const std::string& path) {
    UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return false;
    while (::flock(file.get(), LOCK_SH) != 0)
        if (errno != EINTR) return false;
    return true;
}

}  // namespace ccd::stress
