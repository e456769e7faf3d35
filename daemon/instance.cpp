#include "daemon/instance.h"

#include <string>

namespace ccd::daemon {
namespace {

Result<std::filesystem::path> directory(const Environment& environment, const char* variable,
                                        const char* below_home) {
    const char* set = environment(variable);
    if (set != nullptr && set[0] == '/') return std::filesystem::path{set};
    const char* home = environment("HOME");
    if (home != nullptr && home[0] == '/') return std::filesystem::path{home} / below_home;
    return failure(Errc::bad_request, "--user: neither $" + std::string(variable) +
                                          " nor $HOME is set to an absolute path; set one");
}

}  // namespace

Result<Instance> user_instance(const Environment& environment) {
    const char* runtime = environment("XDG_RUNTIME_DIR");
    if (runtime == nullptr || runtime[0] != '/')
        return failure(Errc::bad_request,
                       "--user: $XDG_RUNTIME_DIR is not set to an absolute path; log in through "
                       "systemd, or set it to a directory that only you can enter");
    auto state = CCD_TRY(directory(environment, "XDG_STATE_HOME", ".local/state"));
    auto config = CCD_TRY(directory(environment, "XDG_CONFIG_HOME", ".config"));
    Instance instance{.defaults = {}, .config_dir = config / "ccd"};
    instance.defaults.is_of_user = true;
    instance.defaults.runtime_dir = std::filesystem::path{runtime} / "ccd";
    instance.defaults.socket = instance.defaults.runtime_dir / "ccd.sock";
    instance.defaults.state_dir = state / "ccd";
    instance.defaults.socket_group.clear();
    instance.defaults.socket_mode = FileMode{0600};
    return instance;
}

}  // namespace ccd::daemon
