#include "daemon/sys/passed_socket.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/harness/temporary_directory.h"

namespace ccd::sys {
namespace {

struct Place {
    Place()
        : directory(harness::TemporaryDirectory::create("/tmp", "ccd-passed").value()),
          path(directory / "ccd.sock") {}

    UniqueFd listening() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM, 0)};
        BOOST_TEST_REQUIRE(
            ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        BOOST_TEST_REQUIRE(::listen(socket.get(), 1) == 0);
        return socket;
    }

    // In a process whose descriptor 3 is the socket, as the service manager starts one; and 4 the
    // other, if there is one.
    template <class Check>
    bool in_a_service(const UniqueFd& socket, Check check, const UniqueFd& other = {}) const {
        pid_t child = fork();
        if (child == 0) {
            const UniqueFd second{fcntl(other.get(), F_DUPFD, 5)};
            dup2(socket.get(), 3);
            dup2(second.get(), 4);
            setenv("LISTEN_FDS", other ? "2" : "1", 1);
            setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
            _exit(check() ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        return status == 0;
    }

    harness::TemporaryDirectory directory;
    std::string path;
};

BOOST_FIXTURE_TEST_SUITE(passed_socket, Place)

BOOST_AUTO_TEST_CASE(without_a_manager_none_is_passed) {
    auto taken = take_passed(path);
    BOOST_TEST_REQUIRE(taken.has_value());
    BOOST_TEST(!taken->socket);
    BOOST_TEST(taken->kept.empty());
}

BOOST_AUTO_TEST_CASE(the_socket_of_our_path_is_taken_and_never_blocks) {
    BOOST_TEST(in_a_service(listening(), [&] {
        auto taken = take_passed(path);
        return taken && taken->socket && (fcntl(taken->socket.get(), F_GETFL) & O_NONBLOCK) != 0 &&
               (fcntl(taken->socket.get(), F_GETFD) & FD_CLOEXEC) != 0 &&
               getenv("LISTEN_FDS") == nullptr;
    }));
}

BOOST_AUTO_TEST_CASE(the_socket_of_another_path_is_refused) {
    BOOST_TEST(in_a_service(listening(), [&] {
        auto taken = take_passed(path + "x");
        return !taken && taken.error().code == Errc::bad_request &&
               taken.error().message.find("ListenStream=") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(what_was_kept_comes_back_by_its_name_and_no_socket_is_needed) {
    UniqueFd file{::open("/dev/null", O_RDONLY)};
    BOOST_TEST(in_a_service(file, [&] {
        setenv("LISTEN_FDNAMES", "kept-queue-1-control", 1);
        auto taken = take_passed(path);
        return taken && !taken->socket && taken->kept.size() == 1 &&
               taken->kept.begin()->first == "queue-1-control" &&
               (fcntl(taken->kept.begin()->second.get(), F_GETFD) & FD_CLOEXEC) != 0;
    }));
}

// systemd hands over first what it was given last.
BOOST_AUTO_TEST_CASE(of_two_with_one_name_the_first_comes_back) {
    UniqueFd latest{::open("/dev/null", O_RDONLY)};
    UniqueFd older{::open("/dev/null", O_WRONLY)};
    const auto check = [&] {
        setenv("LISTEN_FDNAMES", "kept-one:kept-one", 1);
        auto taken = take_passed(path);
        return taken && taken->kept.size() == 1 &&
               (fcntl(taken->kept.at("one").get(), F_GETFL) & O_ACCMODE) == O_RDONLY;
    };
    BOOST_TEST(in_a_service(latest, check, older));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::sys
