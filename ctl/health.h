// `ccctl health`: exit 0 healthy, 1 degraded, 2 unhealthy; a daemon that does not answer is that.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(host::Health, const Session& session, const Parsed<host::Health>& parsed);

// What is known where the daemon does not answer: not the executor.
host::HealthReply health_without_daemon(const Error& error, WallTime now);

// What is not known is null.
Json json_of(const host::HealthReply& reply);

int exit_code_of(const host::HealthReply& reply);

}  // namespace ccd::ctl
