#include "daemon/exec/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/exec/log_file.h"
#include "daemon/exec/sealed_spec.h"
#include "daemon/exec/spec.h"
#include "daemon/exec/status.h"
#include "daemon/loop/loop.h"

namespace ccd::exec {
namespace {

// The descriptors of the shim: 0 the spec, 1 and 2 the log, 3 the status pipe.
class Actions {
public:
    Actions(const UniqueFd& spec, const UniqueFd& log, const UniqueFd& status) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, spec.get(), STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, log.get(), STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, log.get(), STDERR_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, status.get(), status_fd);
    }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() { posix_spawn_file_actions_destroy(&actions_); }

    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

// The shim begins with all signals blocked: a SIGTERM that comes before it listens waits for it.
class Attributes {
public:
    Attributes() {
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_init(&attributes_);
        posix_spawnattr_setsigmask(&attributes_, &all);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

}  // namespace

Result<Launched> Launcher::launch(const Launch& launch) const {
    UniqueFd log = CCD_TRY(open_log(launch.log_file));
    Result<Launched> launched = launch_into(log, launch);
    if (!launched) give_up_log(log, launch.log_file, launched.error());
    return launched;
}

Result<Launched> Launcher::launch_into(const UniqueFd& log, const Launch& launch) const {
    UniqueFd spec = CCD_TRY(seal_spec(launch, boot_id_));
    CCD_TRY(records_.issue_ticket(launch.attempt));
    Result<Launched> launched = spawn(log, spec, launch.attempt);
    if (!launched) records_.remove(launch.attempt);
    return launched;
}

Result<Launched> Launcher::spawn(const UniqueFd& log, const UniqueFd& spec,
                                 const Attempt& attempt) const {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return tl::unexpected{loop::error_from(-errno, "cannot make a pipe")};
    Launched launched{.shim = {}, .status = UniqueFd{ends[0]}, .shim_pid = 0};
    UniqueFd status{ends[1]};
    std::string name = "ccd-shim";
    std::string folder = records_.folder();
    std::string label = label_of(attempt);
    char* arguments[] = {name.data(), folder.data(), label.data(), nullptr};
    char* environment[] = {nullptr};
    pid_t pid = -1;
    int error = posix_spawn(&pid, shim_.c_str(), Actions(spec, log, status).get(),
                            Attributes().get(), arguments, environment);
    if (error != 0) return tl::unexpected{loop::error_from(-error, "cannot run '" + shim_ + "'")};
    status.reset();  // first, for where descriptors are short the next call wants this one
    launched.shim_pid = pid;
    launched.shim.reset(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (launched.shim) return launched;
    Error unheld = loop::error_from(-errno, "cannot hold ccd-shim");
    if (!records_.withdraw_ticket(attempt)) return launched;
    // It has not begun and will not. Not reaped yet, so the number is still its own.
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return tl::unexpected{std::move(unheld)};
}

}  // namespace ccd::exec
