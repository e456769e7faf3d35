#include "tests/bench/queue/crowd.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/harness/child.h"
#include "tests/harness/error.h"

namespace ccd::bench::queue {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<int> usable_cpus() {
    cpu_set_t set;
    std::vector<int> cpus;
    if (::sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    return cpus;
}

void stay_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ::sched_setaffinity(0, sizeof(set), &set);
}

timespec timespec_of(harness::Nanos time) {
    return {.tv_sec = time.count() / 1'000'000'000, .tv_nsec = time.count() % 1'000'000'000};
}

tl::unexpected<Error> early_end(int status) {
    return failure(Errc::internal, "a process ended with " + harness::describe_status(status));
}

}  // namespace

void give_up(const Error& error) {
    std::fprintf(stderr, "ccd-bench: %s\n", error.message.c_str());
    ::_exit(1);
}

Crowd::Crowd(std::size_t size) : cpus_(usable_cpus()) {
    if (cpus_.size() < size) cpus_.clear();
}

Crowd::~Crowd() {
    for (auto& member : members_)
        if (!member.status) ::kill(member.pid, SIGKILL);
    for (auto& member : members_) reap(member);
}

Result<void> Crowd::add(const std::function<void()>& work) {
    assert(cpus_.empty() || members_.size() < cpus_.size());
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return harness::failure_from(errno, "cannot fork");
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        if (!cpus_.empty()) stay_on(cpus_[members_.size()]);
        work();
        ::_exit(0);
    }
    members_.push_back({.pid = pid, .pidfd = {}, .status = {}});
    members_.back().pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!members_.back().pidfd) return harness::failure_from(errno, "cannot watch a process");
    return {};
}

Result<void> Crowd::watch(harness::Nanos time) {
    const auto ended = CCD_TRY(await_any(members_, time));
    if (!ended) return {};
    return early_end(reap(members_[*ended]));
}

Result<void> Crowd::await_end(std::size_t which, harness::Nanos patience) {
    Member& member = members_[which];
    if (!CCD_TRY(await_any({&member, 1}, patience)))
        return failure(Errc::timeout, "a process did not end in time");
    const int status = reap(member);
    if (status == 0) return {};
    return early_end(status);
}

// Which of these has ended; nullopt: none in time.
Result<std::optional<std::size_t>> Crowd::await_any(std::span<const Member> members,
                                                    harness::Nanos time) {
    std::vector<pollfd> ends;
    for (const auto& member : members)
        ends.push_back({.fd = member.pidfd.get(), .events = POLLIN, .revents = 0});
    const auto until = Clock::now() + time;
    for (auto left = time; left.count() > 0; left = until - Clock::now()) {
        const timespec timeout = timespec_of(left);
        if (::ppoll(ends.data(), ends.size(), &timeout, nullptr) < 0 && errno != EINTR)
            return harness::failure_from(errno, "cannot wait for processes");
        const auto ended = std::ranges::find_if(ends, [](auto& end) { return end.revents != 0; });
        if (ended != ends.end()) return static_cast<std::size_t>(ended - ends.begin());
    }
    return std::nullopt;
}

int Crowd::reap(Member& member) {
    if (member.status) return *member.status;
    int status = 0;
    while (::waitpid(member.pid, &status, 0) < 0 && errno == EINTR) continue;
    member.status = status;
    return status;
}

}  // namespace ccd::bench::queue
