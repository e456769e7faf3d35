#include "daemon/exec/shim/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "daemon/exec/shim/tree.h"

namespace ccd::exec {
namespace {

constexpr Millis forever{-1};
// Between the first two rounds of killing, unless a child ends before.
constexpr Millis first_pause{20};
// What poll can wait for, and more than anybody does.
constexpr Millis longest_wait{24 * 3'600'000};

Time monotonic_now() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return Time(Micros(now.tv_sec * 1'000'000 + now.tv_nsec / 1'000));
}

UniqueFd watch_signals() {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGRTMIN);
    return UniqueFd{signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK)};
}

}  // namespace

WallTime wall_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return WallTime(Millis(now.tv_sec * 1'000 + now.tv_nsec / 1'000'000));
}

Supervisor::Supervisor(Program program, Millis stop_grace)
    : program_(std::move(program)),
      stop_grace_(std::min(stop_grace, longest_wait)),
      signals_(watch_signals()) {}

std::optional<LaunchFailure> Supervisor::await_launch() {
    while (!is_launched_ && !is_grace_over()) wait(until_grace_is_over());
    return failure_;
}

Supervisor::MainEnd Supervisor::await_end() {
    while (!is_over()) wait(until_grace_is_over());
    for (Millis pause = first_pause; has_children_; pause = pause_after(pause)) kill_rest(pause);
    return main_end_.value_or(MainEnd{SIGKILL, wall_now(), kill_at_.has_value()});
}

bool Supervisor::is_over() const {
    if (!has_children_ || is_grace_over()) return true;
    return main_end_ && !kill_at_;
}

bool Supervisor::is_grace_over() const {
    return kill_at_ && monotonic_now() >= *kill_at_;
}

Millis Supervisor::until_grace_is_over() const {
    if (!kill_at_) return forever;
    return std::max(Millis(0), std::chrono::ceil<Millis>(*kill_at_ - monotonic_now()));
}

void Supervisor::wait(Millis at_most) {
    pollfd watched[] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                        {.fd = program_.failure.get(), .events = POLLIN, .revents = 0}};
    poll(watched, 2, static_cast<int>(at_most.count()));
    if (watched[1].revents != 0) {
        LaunchFailure failure;
        if (read(program_.failure.get(), &failure, sizeof failure) == sizeof failure)
            failure_ = failure;
        is_launched_ = true;
        program_.failure.reset();
    }
    if (watched[0].revents != 0) read_signals();
}

void Supervisor::read_signals() {
    signalfd_siginfo info;
    while (read(signals_.get(), &info, sizeof info) == sizeof info) {
        int signal = static_cast<int>(info.ssi_signo);
        if (signal == SIGCHLD) reap();
        if (signal == SIGTERM) stop();
        if (signal == SIGRTMIN && info.ssi_code == SI_QUEUE) signal_descendants(info.ssi_int);
    }
}

void Supervisor::reap() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == program_.pid) main_end_ = MainEnd{status, wall_now(), kill_at_.has_value()};
    has_children_ = pid == 0;
}

void Supervisor::stop() {
    if (kill_at_) return;
    reap();  // an end that came before the stop is not due to it
    kill_at_ = monotonic_now() + stop_grace_;
    signal_descendants(SIGTERM);
}

void Supervisor::kill_rest(Millis pause) {
    signal_descendants(SIGKILL);
    wait(pause);
    reap();
}

}  // namespace ccd::exec
