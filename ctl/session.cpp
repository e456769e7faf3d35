#include "ctl/session.h"

#include <poll.h>
#include <unistd.h>

#include "ctl/display.h"
#include "ctl/output.h"
#include "lib/client/socket_path.h"

namespace ccd::ctl {

Result<client::Client> Session::connect(std::optional<Millis> timeout) const {
    return client::Client::open(globals.socket ? *globals.socket : client::default_socket_path(),
                                timeout);
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

void pause_for(Millis duration) {
    ::poll(nullptr, 0, static_cast<int>(duration.count()));
}

}  // namespace ccd::ctl
