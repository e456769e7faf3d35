#include "daemon/exec/processes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "daemon/exec/proc_stat.h"
#include "daemon/exec/shortage.h"
#include "daemon/exec/spec.h"
#include "daemon/loop/loop.h"

namespace ccd::exec {
namespace {

UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
}

// Nothing of a process that is gone.
Result<std::string> read_all(const UniqueFd& file) {
    std::string text;
    char piece[4096];
    ssize_t length = 0;
    while ((length = read(file.get(), piece, sizeof piece)) > 0)
        text.append(piece, static_cast<std::size_t>(length));
    if (length < 0 && is_shortage(errno))
        return tl::unexpected{loop::error_from(-errno, "cannot look at a process")};
    return text;
}

// The first of the nonces that the environment holds, else none.
const std::string* find_nonce(std::string_view environment,
                              const std::vector<std::string>& nonces) {
    while (!environment.empty()) {
        std::size_t end = std::min(environment.find('\0'), environment.size());
        std::string_view entry = environment.substr(0, end);
        environment.remove_prefix(std::min(end + 1, environment.size()));
        if (!entry.starts_with(nonce_variable)) continue;
        auto nonce = std::ranges::find(nonces, entry.substr(nonce_variable.size()));
        if (nonce != nonces.end()) return &*nonce;
    }
    return nullptr;
}

Result<void> kill_if_ours(pid_t pid, const std::vector<std::string>& nonces,
                          std::set<std::string>& found) {
    // Who starts a ccd from within a job of an earlier one gives it that job's nonce.
    if (pid == getpid()) return {};
    // Held before it is looked at: the number may go to a stranger in between.
    UniqueFd process = open_pidfd(pid);
    std::string path = "/proc/" + std::to_string(pid) + "/environ";
    UniqueFd file{process ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1};
    if (!file && is_shortage(errno))
        return tl::unexpected{loop::error_from(-errno, "cannot look at a process")};
    if (!file) return {};
    const std::string environment = CCD_TRY(read_all(file));
    const std::string* nonce = find_nonce(environment, nonces);
    if (nonce == nullptr) return {};
    send_signal(process, SIGKILL);
    found.insert(*nonce);
    return {};
}

Result<void> kill_round(const std::vector<std::string>& nonces, std::set<std::string>& found) {
    ProcessList list;
    if (!list.is_open()) return tl::unexpected{loop::error_from(-errno, "cannot read '/proc'")};
    while (std::optional<pid_t> pid = list.next()) CCD_TRY(kill_if_ours(*pid, nonces, found));
    return {};
}

}  // namespace

Result<UniqueFd> hold_process(pid_t pid, std::uint64_t start_ticks) {
    UniqueFd process = open_pidfd(pid);
    if (!process && errno != ESRCH && errno != EINVAL)
        return tl::unexpected{loop::error_from(-errno, "pidfd_open")};
    if (!process) return UniqueFd{};
    std::optional<ProcStat> stat = read_stat(pid);
    if (!stat && is_shortage(errno))
        return tl::unexpected{loop::error_from(-errno, "cannot look at a process")};
    if (!stat || stat->start_ticks != start_ticks) return UniqueFd{};
    return process;
}

void send_signal(const UniqueFd& process, int signal) {
    syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

void queue_signal(const UniqueFd& shim, int signal) {
    siginfo_t info{};
    info.si_signo = SIGRTMIN;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = signal;
    syscall(SYS_pidfd_send_signal, shim.get(), SIGRTMIN, &info, 0);
}

void reap(const UniqueFd& process) {
    siginfo_t info{};
    waitid(P_PIDFD, static_cast<id_t>(process.get()), &info, WEXITED | WNOHANG);
}

Result<std::set<std::string>> kill_processes(const std::vector<std::string>& nonces) {
    std::set<std::string> found;
    // The list of processes is not taken at one moment. One that forks and ends while the list is
    // read can hide its child from it, but hardly twice.
    CCD_TRY(kill_round(nonces, found));
    if (found.empty()) CCD_TRY(kill_round(nonces, found));
    return found;
}

}  // namespace ccd::exec
