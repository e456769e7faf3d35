#include "lib/client/socket_path.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace {

using namespace ccd;

// The variables that count, as they were before afterwards.
struct Environment {
    Environment() : socket(get("CCD_SOCKET")), folder(get("XDG_RUNTIME_DIR")) {
        ::unsetenv("CCD_SOCKET");
        ::unsetenv("XDG_RUNTIME_DIR");
        std::string pattern{"/tmp/ccd-path-XXXXXX"};
        home = ::mkdtemp(pattern.data());
    }
    ~Environment() {
        restore("CCD_SOCKET", socket);
        restore("XDG_RUNTIME_DIR", folder);
        std::filesystem::remove_all(home);
    }

    static std::optional<std::string> get(const char* name) {
        const char* value = std::getenv(name);
        return value == nullptr ? std::nullopt : std::optional<std::string>{value};
    }
    static void restore(const char* name, const std::optional<std::string>& value) {
        if (value)
            ::setenv(name, value->c_str(), 1);
        else
            ::unsetenv(name);
    }

    std::optional<std::string> socket;
    std::optional<std::string> folder;
    std::string home;
};

BOOST_FIXTURE_TEST_SUITE(socket_path, Environment)

BOOST_AUTO_TEST_CASE(it_is_the_system_s_where_nothing_is_said) {
    BOOST_TEST(client::default_socket_path() == "/run/ccd/ccd.sock");
}

BOOST_AUTO_TEST_CASE(the_user_instance_counts_only_if_its_socket_exists) {
    ::setenv("XDG_RUNTIME_DIR", home.c_str(), 1);
    BOOST_TEST(client::default_socket_path() == "/run/ccd/ccd.sock");
    std::filesystem::create_directory(home + "/ccd");
    const std::ofstream made{home + "/ccd/ccd.sock"};
    BOOST_TEST(client::default_socket_path() == home + "/ccd/ccd.sock");
}

BOOST_AUTO_TEST_CASE(the_variable_comes_before_all_else) {
    ::setenv("XDG_RUNTIME_DIR", home.c_str(), 1);
    std::filesystem::create_directory(home + "/ccd");
    const std::ofstream made{home + "/ccd/ccd.sock"};
    ::setenv("CCD_SOCKET", "/somewhere/else", 1);
    BOOST_TEST(client::default_socket_path() == "/somewhere/else");
    ::setenv("CCD_SOCKET", "", 1);
    BOOST_TEST(client::default_socket_path() == home + "/ccd/ccd.sock");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
