#include "lib/client/socket_path.h"

#include <unistd.h>

#include <cstdlib>

namespace ccd::client {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

}  // namespace

std::string default_socket_path() {
    if (auto path = environment("CCD_SOCKET"); !path.empty()) return path;
    if (auto folder = environment("XDG_RUNTIME_DIR"); !folder.empty())
        if (auto path = folder + "/ccd/ccd.sock"; ::access(path.c_str(), F_OK) == 0) return path;
    return "/run/ccd/ccd.sock";
}

}  // namespace ccd::client
