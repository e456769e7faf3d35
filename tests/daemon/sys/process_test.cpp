#include "daemon/sys/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "ccd/unique_fd.h"

namespace ccd::sys {
namespace {

// In a process of its own, for what it changes stays changed.
template <class Check>
bool holds_in_a_child(Check check) {
    auto pid = fork();
    if (pid == 0) _exit(check() ? 0 : 1);
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(the_first_three_descriptors_are_in_use) {
    for (int missing : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        BOOST_TEST(holds_in_a_child([&] {
            close(missing);
            prepare_process();
            return is_open(0) && is_open(1) && is_open(2) && open("/dev/null", O_RDONLY) > 2;
        }));
    BOOST_TEST(holds_in_a_child([] {
        for (int fd : {0, 1, 2}) close(fd);
        prepare_process();
        return is_open(0) && is_open(1) && is_open(2);
    }));
}

BOOST_AUTO_TEST_CASE(a_reader_that_is_gone_does_not_end_it) {
    BOOST_TEST(holds_in_a_child([] {
        signal(SIGPIPE, SIG_DFL);
        prepare_process();
        int ends[2];
        if (pipe(ends) != 0 || close(ends[0]) != 0) return false;
        return write(ends[1], "x", 1) < 0;
    }));
}

BOOST_AUTO_TEST_CASE(what_it_makes_is_for_its_own_user) {
    BOOST_TEST(holds_in_a_child([] {
        prepare_process();
        return umask(0) == 077;
    }));
}

BOOST_AUTO_TEST_CASE(of_a_pidfd_the_process_is_known_while_there_is_one) {
    const auto pidfd_of = [](pid_t pid) {
        return UniqueFd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
    };
    const UniqueFd mine = pidfd_of(getpid());
    BOOST_TEST(process_of(mine.get()).value() == getpid());
    const UniqueFd file{open("/proc/self/stat", O_RDONLY | O_CLOEXEC)};
    BOOST_TEST((process_of(file.get()).error().code == Errc::denied));
    const auto child = fork();
    if (child == 0) _exit(0);
    const UniqueFd his = pidfd_of(child);
    waitpid(child, nullptr, 0);
    BOOST_TEST((process_of(his.get()).error().code == Errc::denied));
    // Where no descriptor is left, nothing is said of who it is.
    BOOST_TEST(holds_in_a_child([&] {
        rlimit none{.rlim_cur = 3, .rlim_max = 3};
        return setrlimit(RLIMIT_NOFILE, &none) == 0 &&
               process_of(mine.get()).error().code == Errc::over_limit;
    }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::sys
