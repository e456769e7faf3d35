#include "ctl/session.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "ctl/display.h"
#include "ctl/output.h"
#include "lib/client/socket_path.h"

namespace ccd::ctl {

Result<client::Client> Session::connect() const {
    auto path = globals.socket ? *globals.socket : client::default_socket_path();
    auto client = CCD_TRY(client::Client::open(path, call_timeout()));
    client.set_timeout(call_timeout());  // less what the connecting took
    return client;
}

int Session::show(std::string_view text) const {
    auto written = write_all(STDOUT_FILENO, text);
    return written ? 0 : fail(written.error());
}

int Session::fail(const Error& error, int base) const {
    if (globals.json)
        static_cast<void>(write_all(STDERR_FILENO, line_of(to_json(error))));
    else
        remark(error.message);
    return base + info_of(error.code).exit_code;
}

void Session::remark(std::string_view text) const {
    static_cast<void>(write_all(STDERR_FILENO, "ccctl: " + printable(text) + "\n"));
}

void wait_for(int descriptor, std::optional<Millis> at_most) {
    pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
    ::poll(&entry, 1, poll_timeout(at_most));
}

int poll_timeout(std::optional<Millis> at_most) {
    return at_most ? static_cast<int>(std::min<std::int64_t>(at_most->count(), 1 << 30)) : -1;
}

}  // namespace ccd::ctl
