#include "ctl/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ccd::ctl {

Result<void> write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            // Somebody who shares the descriptor has made it non-blocking.
            pollfd entry{.fd = descriptor, .events = POLLOUT, .revents = 0};
            ::poll(&entry, 1, -1);
        } else if (errno != EINTR) {
            return failure(Errc::internal, std::string{"the output cannot be written: "} +
                                               ::strerrordesc_np(errno));
        }
    }
    return {};
}

}  // namespace ccd::ctl
