#include "tests/bench/queue/crowd.h"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>

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

Result<void> Crowd::add(const std::function<void()>& work) {
    assert(cpus_.empty() || members_.size() < cpus_.size());
    members_.push_back(CCD_TRY(harness::Child::fork([&] {
        if (!cpus_.empty()) stay_on(cpus_[members_.size()]);
        work();
        return 0;
    })));
    return {};
}

Result<void> Crowd::watch(harness::Nanos time) {
    const auto ended = CCD_TRY(await_any(time));
    if (!ended) return {};
    return early_end(members_[*ended].wait(Millis{0}).value_or(0));
}

Result<void> Crowd::await_end(std::size_t which, harness::Nanos patience) {
    const auto status = members_[which].wait(std::chrono::ceil<Millis>(patience));
    if (!status) return failure(Errc::timeout, "a process did not end in time");
    if (*status == 0) return {};
    return early_end(*status);
}

// Which of them has ended; nullopt: none in time.
Result<std::optional<std::size_t>> Crowd::await_any(harness::Nanos time) const {
    std::vector<pollfd> ends;
    for (const auto& member : members_)
        ends.push_back({.fd = member.pidfd(), .events = POLLIN, .revents = 0});
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

}  // namespace ccd::bench::queue
