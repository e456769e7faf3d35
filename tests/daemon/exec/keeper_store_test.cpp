// A process that keeps descriptors while nobody is there who needs them.
#include "daemon/exec/keeper_store.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/harness/temporary_directory.h"

namespace ccd::exec {
namespace {

UniqueFd file_of(off_t size) {
    UniqueFd file{::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)};
    BOOST_TEST_REQUIRE(::ftruncate(file.get(), size) == 0);
    return file;
}

off_t size_of(const UniqueFd& file) {
    struct stat found {};
    return ::fstat(file.get(), &found) == 0 ? found.st_size : -1;
}

struct Keeping {
    Keeping()
        : directory(harness::TemporaryDirectory::create("/tmp", "ccd-keeper").value()),
          path(directory / "keeper.sock") {}

    KeeperStore store() const { return {path, CCD_SHIM}; }
    void keep(KeeperStore& store, const std::string& name, off_t size) {
        auto kept = store.keep(name, file_of(size).get());
        BOOST_TEST_REQUIRE(kept.has_value(), (kept ? "" : kept.error().message));
    }
    // A pidfd of the keeper.
    UniqueFd keeper() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        UniqueFd connection{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
        BOOST_TEST_REQUIRE(::connect(connection.get(), reinterpret_cast<sockaddr*>(&address),
                                     sizeof address) == 0);
        ucred peer{};
        socklen_t size = sizeof peer;
        ::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
        return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0))};
    }
    static bool has_ended(const UniqueFd& process) {
        pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
        return ::poll(&end, 1, 60'000) == 1;
    }

    harness::TemporaryDirectory directory;
    std::string path;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keeper_store, Keeping)

BOOST_AUTO_TEST_CASE(where_there_is_no_keeper_nothing_was_kept) {
    auto first = store();
    BOOST_TEST(first.take().empty());
    BOOST_TEST(!std::filesystem::exists(path));
    first.drop("nothing");
    first.leave();
}

BOOST_AUTO_TEST_CASE(what_was_kept_comes_back_to_the_next_one_and_stays) {
    {
        auto first = store();
        keep(first, "one", 111);
        keep(first, "two", 222);
        keep(first, "three", 333);
        keep(first, "two", 2'222);
        first.drop("three");
    }
    for (int i = 0; i < 2; ++i) {
        auto next = store();
        auto kept = next.take();
        BOOST_TEST_REQUIRE(kept.size() == 2U);
        BOOST_TEST(size_of(kept.at("one")) == 111);
        BOOST_TEST(size_of(kept.at("two")) == 2'222);
        BOOST_TEST((::fcntl(kept.at("one").get(), F_GETFD) & FD_CLOEXEC) != 0);
    }
}

BOOST_AUTO_TEST_CASE(a_thousand_are_kept) {
    auto first = store();
    for (int i = 0; i < 1'000; ++i) keep(first, "file-" + std::to_string(i), i);
    auto kept = store().take();
    BOOST_TEST(kept.size() == 1'000U);
    for (const auto& [name, file] : kept)
        BOOST_TEST_REQUIRE("file-" + std::to_string(size_of(file)) == name);
}

BOOST_AUTO_TEST_CASE(the_latest_ccd_is_the_one_that_counts) {
    auto hung = store();
    keep(hung, "one", 1);
    auto next = store();
    BOOST_TEST(next.take().size() == 1U);
    keep(next, "two", 2);
    BOOST_TEST(store().take().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_keeper_that_was_killed_is_begun_anew) {
    auto first = store();
    keep(first, "one", 1);
    const auto killed = keeper();
    ::syscall(SYS_pidfd_send_signal, killed.get(), SIGKILL, nullptr, 0);
    BOOST_TEST(has_ended(killed));
    // The connection that breaks tells of it, and the next is of a new one.
    BOOST_TEST(!first.keep("two", file_of(2).get()).has_value());
    keep(first, "three", 3);
    BOOST_TEST(store().take().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_keeper_ends_with_its_folder) {
    auto first = store();
    keep(first, "one", 1);
    const auto process = keeper();
    std::filesystem::remove(path);
    BOOST_TEST(has_ended(process));
}

BOOST_AUTO_TEST_CASE(signals_that_end_a_ccd_do_not_end_its_keeper) {
    auto first = store();
    keep(first, "one", 1);
    const auto process = keeper();
    for (int number : {SIGTERM, SIGINT, SIGHUP})
        ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
    BOOST_TEST(store().take().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_a_socket_is_told) {
    KeeperStore nowhere{directory / "none/keeper.sock", CCD_SHIM};
    auto refused = nowhere.keep("one", file_of(1).get());
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("keeper.sock") != std::string::npos);
    KeeperStore too_long{directory / std::string(200, 'x'), CCD_SHIM};
    BOOST_TEST(!too_long.keep("one", file_of(1).get()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::exec
