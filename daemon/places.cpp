#include "daemon/places.h"

#include <unistd.h>

#include <filesystem>

namespace ccd::daemon {

std::string shim_path() {
    std::error_code error;
    auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    auto beside = self.parent_path() / "ccd-shim";
    if (!error && access(beside.c_str(), X_OK) == 0) return beside;
    return CCD_LIBEXEC_DIR "/ccd-shim";
}

}  // namespace ccd::daemon
