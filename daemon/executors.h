// Which executor runs the jobs of a daemon.
//
// `auto` takes systemd where it is the manager of this machine (or, for a user's ccd, of this
// user), and else a shim per job.
#pragma once

#include <memory>
#include <string>

#include "ccd/result.h"
#include "daemon/config.h"
#include "daemon/exec/executor.h"
#include "daemon/loop/loop.h"

namespace ccd::daemon {

// Refuses (`bad-request`) an executor that was asked for and cannot work here.
Result<void> check_executor(const Config& config);

std::unique_ptr<exec::Executor> make_executor(const Config& config, loop::Loop& loop,
                                              const std::string& instance,
                                              const std::string& boot_id,
                                              exec::Executor::OnReport on_report,
                                              exec::Executor::OnAway on_away);

}  // namespace ccd::daemon
