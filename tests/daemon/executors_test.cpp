#include "daemon/executors.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/harness/temporary_directory.h"

namespace ccd::daemon {
namespace {

struct Home {
    Home() {
        setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1);
        config.is_of_user = true;
        config.runtime_dir = folder.path();
    }

    void give_manager() {
        std::filesystem::create_directory(folder / "systemd");
        std::ofstream{folder / "systemd/private"} << "";
    }
    std::string chosen() {
        loop::Loop loop;
        return std::string{make_executor(
                               config, loop, "cafe", "boot", [](const auto&) {}, [](const auto&) {})
                               ->name()};
    }
    // In a process of its own, for what is given up there is given up for good.
    bool is_refused_in_sandbox() {
        auto child = fork();
        if (child == 0) {
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            setenv("NOTIFY_SOCKET", "/nowhere", 1);
            _exit(check_executor(config) ? 0 : 1);
        }
        int status = 0;
        BOOST_TEST_REQUIRE(waitpid(child, &status, 0) == child);
        return WEXITSTATUS(status) == 1;
    }

    harness::TemporaryDirectory folder =
        harness::TemporaryDirectory::create("/tmp", "ccd-run").value();
    Config config;
};

BOOST_FIXTURE_TEST_SUITE(executors, Home)

BOOST_AUTO_TEST_CASE(a_users_ccd_takes_his_manager_where_there_is_one) {
    BOOST_TEST(chosen() == "process");
    give_manager();
    BOOST_TEST(chosen() == "systemd");
    config.executor = ExecutorChoice::process;
    BOOST_TEST(chosen() == "process");
}

BOOST_AUTO_TEST_CASE(systemd_is_refused_where_there_is_none) {
    config.executor = ExecutorChoice::systemd;
    BOOST_TEST((check_executor(config).error().code == Errc::bad_request));
    give_manager();
    BOOST_TEST(check_executor(config).has_value());
}

BOOST_AUTO_TEST_CASE(jobs_are_not_forked_into_the_sandbox_of_a_service) {
    config.executor = ExecutorChoice::process;
    BOOST_TEST(check_executor(config).has_value());
    BOOST_TEST(is_refused_in_sandbox());
    config.executor = ExecutorChoice::systemd;
    give_manager();
    BOOST_TEST(!is_refused_in_sandbox());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
