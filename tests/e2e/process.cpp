#include "tests/e2e/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>

namespace ccd::e2e {

Stranger::Stranger(pid_t pid) : held_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

Stranger::Stranger(const std::string& pid) : Stranger(std::stoi(pid)) {}

bool Stranger::is_gone() const {
    pollfd ended{.fd = held_.get(), .events = POLLIN, .revents = 0};
    // What was gone before it could be held has no descriptor.
    return !held_ || ::poll(&ended, 1, 0) > 0;
}

void Stranger::wait_until_gone() const {
    pollfd ended{.fd = held_.get(), .events = POLLIN, .revents = 0};
    BOOST_TEST_REQUIRE((!held_ || ::poll(&ended, 1, 60'000) > 0), "the process is still there");
}

Pipe::Pipe(std::string path) : path_(std::move(path)) {
    BOOST_TEST_REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
}

std::string Pipe::hear() const {
    UniqueFd end{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
    BOOST_TEST_REQUIRE(end.get() >= 0);
    std::string text;
    std::array<char, 256> buffer;
    for (ssize_t size; (size = ::read(end.get(), buffer.data(), buffer.size())) != 0;)
        if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
    return text;
}

void Pipe::let_go() const {
    UniqueFd end{::open(path_.c_str(), O_WRONLY | O_CLOEXEC)};
    BOOST_TEST_REQUIRE(::write(end.get(), "\n", 1) == 1);
}

std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << text;
}

}  // namespace ccd::e2e
