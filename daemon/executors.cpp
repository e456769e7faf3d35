#include "daemon/executors.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>

#include "daemon/exec/process_executor.h"
#include "daemon/exec/systemd_executor.h"
#include "daemon/places.h"
#include "daemon/sys/service_manager.h"

namespace ccd::daemon {
namespace {

// Of a user's ccd. Its runtime_dir may be configured to lie elsewhere.
std::string user_runtime_dir() {
    const char* directory = std::getenv("XDG_RUNTIME_DIR");
    return directory == nullptr ? "" : directory;
}

// Only root may ask the machine's manager for services.
bool has_manager(const Config& config) {
    if (config.is_of_user) return sys::has_user_manager(user_runtime_dir());
    return sys::is_booted_with_systemd() && geteuid() == 0;
}

bool uses_systemd(const Config& config) {
    if (config.executor != ExecutorChoice::automatic)
        return config.executor == ExecutorChoice::systemd;
    return has_manager(config);
}

// What a job that we fork would inherit, and could not shake off.
bool is_sandboxed_service() {
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && std::getenv("NOTIFY_SOCKET") != nullptr;
}

}  // namespace

Result<void> check_executor(const Config& config) {
    if (config.executor == ExecutorChoice::systemd && !has_manager(config))
        return failure(Errc::bad_request,
                       config.is_of_user
                           ? "jobs.executor: 'systemd' needs this user's service manager, and "
                             "there is none; use 'process'"
                           : "jobs.executor: 'systemd' needs systemd as the manager of this "
                             "machine, and root; use 'process', or ccd --user");
    if (!uses_systemd(config) && is_sandboxed_service())
        return failure(Errc::bad_request,
                       "jobs.executor: 'process' cannot be used in the sandbox of ccd.service: "
                       "jobs would be shut in with ccd, and end with it; use 'systemd'");
    return {};
}

std::unique_ptr<exec::Executor> make_executor(const Config& config, loop::Loop& loop,
                                              const std::string& instance,
                                              const std::string& boot_id,
                                              exec::Executor::OnReport on_report,
                                              exec::Executor::OnAway on_away) {
    if (!uses_systemd(config))
        return std::make_unique<exec::ProcessExecutor>(
            loop,
            exec::ProcessExecutor::Paths{
                .records = records_path(config), .shim = shim_path(), .instance = instance},
            std::move(on_report));
    exec::SystemdExecutor::Setup setup{
        .bus = exec::BusAddress::system(),
        .scope = config.is_of_user ? exec::Scope::user : exec::Scope::machine,
        .shim = shim_path(),
        .instance = instance,
        .boot_id = boot_id};
    if (config.is_of_user) {
        setup.bus = exec::BusAddress::user(user_runtime_dir());
        setup.shortcomings = sys::limits_of_user_manager();
    } else {
        setup.shortcomings = sys::limits_of_machine();
    }
    return std::make_unique<exec::SystemdExecutor>(loop, std::move(setup), std::move(on_report),
                                                   std::move(on_away));
}

}  // namespace ccd::daemon
