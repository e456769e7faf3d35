#include "daemon/net/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/harness/connection.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::net {
namespace {

namespace fs = std::filesystem;

// A folder with the path of a socket in it.
struct Place {
    Place() {
        auto made = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-net");
        BOOST_TEST_REQUIRE(made.has_value());
        folder.emplace(std::move(*made));
    }

    std::string path() const { return *folder / "ccd.sock"; }

    Result<UniqueFd> bind(std::string group = "", unsigned mode = 0660) {
        warning.clear();
        return Listener::bind({.path = path(), .group = std::move(group), .mode = mode}, warning);
    }

    struct stat facts() const {
        struct stat found {};
        BOOST_TEST_REQUIRE(::lstat(path().c_str(), &found) == 0);
        return found;
    }

    unsigned mode() const { return facts().st_mode & 07777U; }

    std::optional<harness::TemporaryDirectory> folder;
    std::string warning;
};

void turn(loop::Loop& loop) {
    uv_run(loop.raw(), UV_RUN_NOWAIT);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listener)

BOOST_FIXTURE_TEST_CASE(the_socket_has_the_mode_it_is_given, Place) {
    for (unsigned wanted : {0660U, 0600U, 0666U}) {
        auto socket = bind("", wanted);
        BOOST_TEST_REQUIRE(socket.has_value());
        BOOST_TEST(warning.empty());
        BOOST_TEST(mode() == wanted);
        BOOST_TEST(harness::connect_to(path()).has_value());
    }
}

BOOST_FIXTURE_TEST_CASE(the_umask_is_left_alone, Place) {
    auto before = ::umask(0);
    auto socket = bind("", 0666);
    BOOST_TEST(::umask(before) == 0U);
    BOOST_TEST(socket.has_value());
}

BOOST_FIXTURE_TEST_CASE(the_socket_belongs_to_the_group_that_may_connect, Place) {
    const auto* own = ::getgrgid(::getegid());
    BOOST_TEST_REQUIRE(own != nullptr);
    auto socket = bind(own->gr_name);
    BOOST_TEST_REQUIRE(socket.has_value());
    BOOST_TEST(warning.empty());
    BOOST_TEST(mode() == 0660U);
    BOOST_TEST(facts().st_gid == ::getegid());
}

BOOST_FIXTURE_TEST_CASE(access_that_is_not_as_configured_is_told_by_its_key, Place) {
    auto socket = bind("", 0660);
    BOOST_TEST_REQUIRE(socket.has_value());
    ListenerConfig config{.path = path(), .group = "", .mode = 0660};
    BOOST_TEST(Listener::compare_access(config) == "");
    config.mode = 0600;
    BOOST_TEST(Listener::compare_access(config) == "daemon.socket_mode");
    config.mode = 0660;
    for (const auto* other : {"daemon", "bin"})
        if (const auto* group = ::getgrnam(other); group && group->gr_gid != ::getegid()) {
            config.group = other;
            BOOST_TEST(Listener::compare_access(config) == "daemon.socket_group");
        }
    BOOST_TEST(!config.group.empty());
}

BOOST_FIXTURE_TEST_CASE(without_the_group_only_the_owner_may_connect, Place) {
    auto socket = bind("no-such-group-here");
    BOOST_TEST_REQUIRE(socket.has_value());
    BOOST_TEST(mode() == 0600U);
    BOOST_TEST(warning.find("'no-such-group-here'") != std::string::npos);
    BOOST_TEST(warning.find("daemon.socket_group") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_path_that_no_socket_can_have_is_refused_with_its_length, Place) {
    std::string warned;
    auto socket = Listener::bind({.path = "/tmp/" + std::string(103, 'x'), .group = ""}, warned);
    BOOST_TEST_REQUIRE(!socket.has_value());
    BOOST_TEST((socket.error().code == Errc::bad_request));
    BOOST_TEST(socket.error().message.find("108") != std::string::npos);
    BOOST_TEST(socket.error().message.find("107") != std::string::npos);
    BOOST_TEST(socket.error().message.find("daemon.socket") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_socket_that_nobody_listens_on_is_replaced, Place) {
    BOOST_TEST_REQUIRE(bind().has_value());
    BOOST_TEST(fs::is_socket(path()));
    BOOST_TEST(!harness::connect_to(path()).has_value());
    auto again = bind();
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(harness::connect_to(path()).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_socket_that_somebody_listens_on_is_left_to_him, Place) {
    auto first = bind();
    BOOST_TEST_REQUIRE(first.has_value());
    auto second = bind();
    BOOST_TEST_REQUIRE(!second.has_value());
    BOOST_TEST((second.error().code == Errc::conflict));
    BOOST_TEST(harness::connect_to(path()).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_no_socket_is_left_as_it_is, Place) {
    std::ofstream{path()} << "somebody's work";
    auto socket = bind();
    BOOST_TEST(!socket.has_value());
    std::ifstream file{path()};
    BOOST_TEST((std::string{std::istreambuf_iterator<char>{file}, {}} == "somebody's work"));
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_is_not_there_is_named, Place) {
    std::string warned;
    auto socket = Listener::bind({.path = *folder / "not/there.sock", .group = ""}, warned);
    BOOST_TEST_REQUIRE(!socket.has_value());
    BOOST_TEST(socket.error().message.find("not/there.sock") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(every_connection_is_handed_on, Place) {
    loop::Loop loop;
    std::vector<UniqueFd> taken;
    Listener listener{loop, *bind(), [&](UniqueFd socket) { taken.push_back(std::move(socket)); }};
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 400; ++i) {
        clients.push_back(*harness::connect_to(path()));
        if (i == 299) turn(loop);
    }
    while (taken.size() < clients.size()) turn(loop);
    for (const auto& socket : taken) {
        BOOST_TEST((::fcntl(socket.get(), F_GETFL) & O_NONBLOCK) != 0);
        BOOST_TEST((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
    }
}

BOOST_FIXTURE_TEST_CASE(a_connection_without_a_descriptor_for_it_is_closed, Place) {
    loop::Loop loop;
    std::vector<UniqueFd> taken;
    Listener listener{loop, *bind(), [&](UniqueFd socket) { taken.push_back(std::move(socket)); }};
    turn(loop);
    auto client = harness::connect_to(path());
    BOOST_TEST_REQUIRE(client.has_value());

    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    UniqueFd highest{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    rlimit none{.rlim_cur = static_cast<rlim_t>(highest.get()), .rlim_max = before.rlim_max};
    highest.reset();
    // Descriptors below the limit that are free, until there is none.
    std::vector<UniqueFd> filling;
    ::setrlimit(RLIMIT_NOFILE, &none);
    for (;;) {
        UniqueFd next{::dup(client->get())};
        if (!next) break;
        filling.push_back(std::move(next));
    }
    turn(loop);
    turn(loop);
    ::setrlimit(RLIMIT_NOFILE, &before);
    filling.clear();

    BOOST_TEST(taken.empty());
    char byte = 0;
    BOOST_TEST(::recv(client->get(), &byte, 1, MSG_DONTWAIT) == 0);

    auto next = harness::connect_to(path());
    turn(loop);
    BOOST_TEST(taken.size() == 1U);
}

// The reserve is gone too, as when another thread has taken its place.
BOOST_FIXTURE_TEST_CASE(nobody_is_waited_for_while_nobody_can_be_taken, Place) {
    loop::Loop loop;
    auto socket = bind();
    BOOST_TEST_REQUIRE(socket.has_value());
    auto client = harness::connect_to(path());
    BOOST_TEST_REQUIRE(client.has_value());
    std::vector<UniqueFd> taken;

    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    Listener listener{loop, *std::move(socket),
                      [&](UniqueFd connection) { taken.push_back(std::move(connection)); }};
    turn(loop);
    turn(loop);
    ::setrlimit(RLIMIT_NOFILE, &before);
    pollfd events{.fd = uv_backend_fd(loop.raw()), .events = POLLIN, .revents = 0};
    BOOST_TEST(::poll(&events, 1, 0) == 0);
    BOOST_TEST(taken.empty());

    while (taken.empty()) uv_run(loop.raw(), UV_RUN_ONCE);
    BOOST_TEST(taken.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::net
