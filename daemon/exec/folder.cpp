#include "daemon/exec/folder.h"

#include <sys/stat.h>

#include <cerrno>

#include "daemon/loop/loop.h"

namespace ccd::exec {

Result<void> create_folder(const std::string& path) {
    for (std::size_t end = path.find('/', 1); true; end = path.find('/', end + 1)) {
        std::string part = path.substr(0, end);
        if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
            return tl::unexpected{loop::error_from(-errno, "cannot create '" + part + "'")};
        if (end == std::string::npos) return {};
    }
}

}  // namespace ccd::exec
