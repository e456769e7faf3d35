#include "tests/lib/shm/traced.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

namespace ccd::shm {
namespace {

// In a traced process: where it says that it may sleep.
std::atomic<bool>* may_sleep_here = nullptr;

}  // namespace

Traced::Traced(const std::function<void()>& body) {
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        may_sleep_here = &*may_sleep_;
        [&]() noexcept { body(); }();  // nothing gets out into a second run of the tests
        ::_exit(0);
    }
    BOOST_TEST_REQUIRE(::waitpid(process_, &status_, 0) == process_);
    BOOST_TEST_REQUIRE(WIFSTOPPED(status_));
}

void Traced::stop_here() {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
}

void Traced::set_may_sleep(bool may_sleep) {
    may_sleep_here->store(may_sleep);
}

Traced::State Traced::step() {
    return run(PTRACE_SINGLESTEP);
}

Traced::State Traced::go_on() {
    return run(PTRACE_CONT);
}

// A sleeper that was woken is seen to run as soon as the wake has returned.
Traced::State Traced::run(int request) {
    if (state_ == State::over) return state_;
    const auto raw = static_cast<__ptrace_request>(request);
    if (state_ == State::stopped)
        BOOST_TEST_REQUIRE(::ptrace(raw, process_, nullptr, nullptr) == 0);
    for (unsigned looks = 0;; ++looks) {
        const bool may_sleep = request == PTRACE_CONT || *may_sleep_;
        const pid_t changed = ::waitpid(process_, &status_, may_sleep ? WNOHANG : 0);
        if (changed == 0) {
            if (looks % 8 == 7 && is_asleep()) return state_ = State::asleep;
            ::sched_yield();
            continue;
        }
        BOOST_TEST_REQUIRE(changed == process_);
        if (!WIFSTOPPED(status_)) return state_ = State::over;
        BOOST_TEST_REQUIRE(WSTOPSIG(status_) == SIGTRAP);
        if (request == PTRACE_SINGLESTEP) return state_ = State::stopped;
        // The last step ended only now, for it was a sleep.
        BOOST_TEST_REQUIRE(::ptrace(raw, process_, nullptr, nullptr) == 0);
    }
}

bool Traced::is_asleep() const {
    std::ifstream file{"/proc/" + std::to_string(process_) + "/stat"};
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(") ");
    return name_end != std::string::npos && line[name_end + 2] == 'S';
}

void Traced::kill() {
    if (state_ == State::over) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, &status_, 0);
    state_ = State::over;
}

}  // namespace ccd::shm
