// One run of ccctl: where the daemon is, and how what comes of it is shown.
//
// Owner: run() in ctl/run.cpp. Thread: the only one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/globals.h"
#include "ctl/json.h"
#include "ctl/look.h"
#include "ctl/print.h"
#include "lib/client/client.h"

namespace ccd::ctl {

// Added to the exit codes of our own failures where 0 to 199 are the job's.
inline constexpr int passing_base = 200;

struct Session {
    Globals globals;
    Look look;
    client::Deadline deadline{};  // of the whole run: `--timeout` from its start

    // How long a call may take where the user has not said.
    static constexpr Millis usual_timeout{30'000};

    // Until the deadline; none: for ever.
    std::optional<Millis> time_left() const {
        return deadline ? std::optional{client::time_until(*deadline)} : std::nullopt;
    }

    // Each wait on it has the time of a call.
    Result<client::Client> connect() const;

    Millis call_timeout() const { return time_left().value_or(usual_timeout); }

    // On a connection of its own.
    template <client::Once Command>
    Result<typename Command::Reply> call(const typename Command::Request& request) const {
        auto client = CCD_TRY(connect());
        return client.template call<Command>(request);
    }

    template <class Command>
    std::string text_of(const typename Command::Reply& reply) const {
        if (globals.json) return line_of(object_of<Command::reply_fields>(reply));
        return print(Command{}, reply, look);
    }

    // Writes a result; gives the exit code.
    int show(std::string_view text) const;
    // Says what went wrong; gives the exit code.
    int fail(const Error& error, int base = 0) const;
    // Something to know that is no result.
    void remark(std::string_view text) const;
};

// Until the descriptor is readable or so much time is over, of which -1 and none never come.
void wait_for(int descriptor, std::optional<Millis> at_most);

// As poll takes it.
int poll_timeout(std::optional<Millis> at_most);

}  // namespace ccd::ctl
