#include "tests/stress/queue/worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/harness/error.h"

namespace ccd::stress {

Result<Worker> Worker::start(const std::function<int()>& act) {
    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid < 0) return harness::failure_from(errno, "no process could be forked");
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::_exit(::getppid() == parent ? act() : 1);
    }
    return Worker{pid, UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}};
}

Worker& Worker::operator=(Worker&& other) noexcept {
    if (this == &other) return *this;
    kill();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    status_ = other.status_;
    return *this;
}

void Worker::stop() {
    send(SIGSTOP);
}

void Worker::resume() {
    send(SIGCONT);
}

void Worker::kill() {
    send(SIGKILL);
    reap();
}

std::optional<int> Worker::wait(Millis patience) {
    if (pid_ < 0 || status_) return status_;
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
    reap();
    return status_;
}

void Worker::send(int signal) {
    if (pid_ > 0 && !status_) ::kill(pid_, signal);
}

void Worker::reap() {
    if (pid_ < 0 || status_) return;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    status_ = status;
}

}  // namespace ccd::stress
