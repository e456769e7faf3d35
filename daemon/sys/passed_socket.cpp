#include "daemon/sys/passed_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>

namespace ccd::sys {

Result<Passed> take_passed(const std::string& path) {
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    Passed passed;
    for (int i = 0; i < count; ++i) {
        UniqueFd descriptor{SD_LISTEN_FDS_START + i};
        const std::string name{names[i]};
        std::free(names[i]);
        if (name.starts_with(kept_prefix)) {
            // Of one name the latest comes first.
            passed.kept.try_emplace(name.substr(kept_prefix.size()), std::move(descriptor));
            continue;
        }
        constexpr int listening = 1;
        auto is_ours =
            sd_is_socket_unix(descriptor.get(), SOCK_STREAM, listening, path.c_str(), 0) > 0;
        if (!is_ours)
            return failure(Errc::bad_request,
                           "the socket that was handed over is not '" + path +
                               "' (daemon.socket); let ListenStream= of ccd.socket name it");
        int flags = fcntl(descriptor.get(), F_GETFL);
        fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK);
        passed.socket = std::move(descriptor);
    }
    std::free(names);
    return passed;
}

}  // namespace ccd::sys
