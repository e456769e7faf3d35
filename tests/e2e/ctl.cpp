#include "tests/e2e/ctl.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <span>

#include "tests/e2e/called.h"
#include "tests/harness/child.h"

namespace ccd::e2e {
namespace {

std::vector<std::string> argv_of(const CtlLine& line) {
    auto argv = line.before;
    argv.push_back(line.program.empty() ? ccctl() : line.program);
    argv.insert(argv.end(), line.words.begin(), line.words.end());
    return argv;
}

// Each gives the end that is written to, and sets the other.
UniqueFd open_pipe(UniqueFd& ours) {
    std::array<int, 2> ends{};
    BOOST_TEST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    ours.reset(ends[0]);
    return UniqueFd{ends[1]};
}

UniqueFd open_terminal(UniqueFd& ours) {
    ours.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    BOOST_TEST_REQUIRE(::grantpt(ours.get()) == 0);
    BOOST_TEST_REQUIRE(::unlockpt(ours.get()) == 0);
    std::array<char, 64> name{};
    BOOST_TEST_REQUIRE(::ptsname_r(ours.get(), name.data(), name.size()) == 0);
    return UniqueFd{::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
}

// The words of a line from its command on.
std::span<const std::string> command_of(const std::vector<std::string>& words) {
    std::size_t at = 0;
    while (at < words.size() && words[at].starts_with("--"))
        at += words[at] == "--socket" || words[at] == "--timeout" ? 2 : 1;
    return std::span{words}.subspan(std::min(at, words.size()));
}

}  // namespace

std::string ccctl() {
    auto ctl = harness::find_beside_us("ccctl", "CCCTL_BIN");
    BOOST_TEST_REQUIRE(ctl.has_value(), (ctl ? "" : ctl.error().message));
    return *ctl;
}

Ctl::Ctl(const CtlLine& line) : err_(::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)) {
    note_words(command_of(line.words));
    auto argv = argv_of(line);
    auto environment = harness::environment_with(line.environment);
    auto argv_pointers = harness::pointers_to(argv);
    auto environment_pointers = harness::pointers_to(environment);
    auto theirs = line.is_on_terminal ? open_terminal(out_) : open_pipe(out_);
    pid_ = ::fork();
    if (pid_ == 0) {
        int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(null, STDIN_FILENO);
        ::dup2(theirs.get(), STDOUT_FILENO);
        ::dup2(err_.get(), STDERR_FILENO);
        if (!line.cwd.empty() && ::chdir(line.cwd.c_str()) != 0) ::_exit(125);
        ::execvpe(argv_pointers[0], argv_pointers.data(), environment_pointers.data());
        ::_exit(127);
    }
    BOOST_TEST_REQUIRE(pid_ > 0);
}

Ctl::~Ctl() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

// False at the end.
bool Ctl::read_some() {
    std::array<char, 4'096> buffer;
    auto size = ::read(out_.get(), buffer.data(), buffer.size());
    if (size > 0) heard_.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && errno == EINTR);
}

const std::string& Ctl::hear(const std::string& text) {
    while ((text.empty() || heard_.find(text) == std::string::npos) && read_some()) {
    }
    return heard_;
}

bool Ctl::has_ended() {
    pollfd entry{.fd = out_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, 0) > 0 && !read_some();
}

Ran Ctl::end() {
    hear("");
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    Ran ran{.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
            .out = heard_};
    std::array<char, 4'096> buffer;
    off_t at = 0;
    for (ssize_t size; (size = ::pread(err_.get(), buffer.data(), buffer.size(), at)) > 0;
         at += size)
        ran.err.append(buffer.data(), static_cast<std::size_t>(size));
    return ran;
}

}  // namespace ccd::e2e
