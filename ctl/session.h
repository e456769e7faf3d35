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

    // How long a call may take where the user has not said.
    static constexpr Millis usual_timeout{30'000};

    Result<client::Client> connect(std::optional<Millis> timeout) const;

    std::optional<Millis> call_timeout() const {
        return globals.timeout ? globals.timeout : usual_timeout;
    }

    // On a connection of its own.
    template <client::Once Command>
    Result<typename Command::Reply> call(const typename Command::Request& request) const {
        auto client = CCD_TRY(connect(call_timeout()));
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

// Before something is asked for again.
void pause_for(Millis duration);

}  // namespace ccd::ctl
