// What the service manager is told of what it is to keep.
#include "daemon/sys/descriptor_store.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "tests/harness/temporary_directory.h"

namespace ccd::sys {
namespace {

// Its end of the socket.
struct Manager {
    Manager() {
        const auto path = directory / "notify";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        BOOST_TEST_REQUIRE(
            ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~Manager() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("FDSTORE");
    }

    // A descriptor that comes with it is let go; empty: nothing was said.
    std::string heard() const {
        std::array<char, 256> bytes{};
        const auto size = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }

    harness::TemporaryDirectory directory =
        harness::TemporaryDirectory::create("/tmp", "ccd-manager").value();
    UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

BOOST_FIXTURE_TEST_SUITE(descriptor_store, Manager)

BOOST_AUTO_TEST_CASE(a_manager_that_does_not_say_that_it_keeps_descriptors_keeps_none) {
    BOOST_TEST(manager_store() == nullptr);
    for (const char* most : {"", "0", "-1"}) {
        ::setenv("FDSTORE", most, 1);
        BOOST_TEST(manager_store() == nullptr);
    }
    ::setenv("FDSTORE", "4112", 1);
    BOOST_TEST(manager_store() != nullptr);
    ::unsetenv("NOTIFY_SOCKET");
    BOOST_TEST(manager_store() == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_kept_takes_the_place_of_an_older_one_of_its_name) {
    ::setenv("FDSTORE", "1", 1);
    const auto store = manager_store();
    BOOST_TEST(store->keep("one", socket.get()).has_value());
    BOOST_TEST(heard() == "FDSTOREREMOVE=1\nFDNAME=kept-one");
    BOOST_TEST(heard() == "FDSTORE=1\nFDPOLL=0\nFDNAME=kept-one");
    store->drop("one");
    BOOST_TEST(heard() == "FDSTOREREMOVE=1\nFDNAME=kept-one");
    store->leave();
    BOOST_TEST(heard() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::sys
