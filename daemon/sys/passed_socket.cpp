#include "daemon/sys/passed_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

namespace ccd::sys {

Result<UniqueFd> take_passed_socket(const std::string& path) {
    int count = sd_listen_fds(1);
    UniqueFd taken;
    for (int i = 0; i < count; ++i) {
        UniqueFd socket{SD_LISTEN_FDS_START + i};
        constexpr int listening = 1;
        auto is_ours = sd_is_socket_unix(socket.get(), SOCK_STREAM, listening, path.c_str(), 0) > 0;
        if (!is_ours)
            return failure(Errc::bad_request,
                           "the socket that was handed over is not '" + path +
                               "' (daemon.socket); let ListenStream= of ccd.socket name it");
        int flags = fcntl(socket.get(), F_GETFL);
        fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK);
        taken = std::move(socket);
    }
    return taken;
}

}  // namespace ccd::sys
