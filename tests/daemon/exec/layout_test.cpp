#include "daemon/exec/layout.h"

#include <sys/stat.h>

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

struct Table {
    Layout lay(Scope scope) {
        launch.attempt = {.job = 1, .number = 1, .nonce = "n-1-1"};
        launch.uid = 1'000;
        launch.argv = {"true"};
        launch.log_file = folder / "log";
        auto layout = lay_out(launch, "boot", scope);
        BOOST_TEST_REQUIRE(layout.has_value());
        return std::move(*layout);
    }
    mode_t log_mode() const {
        struct stat about {};
        BOOST_TEST_REQUIRE(stat((folder / "log").c_str(), &about) == 0);
        return about.st_mode & 0777;
    }

    harness::TemporaryDirectory folder =
        harness::TemporaryDirectory::create("/tmp", "ccd-layout").value();
    Launch launch;
};

BOOST_FIXTURE_TEST_SUITE(layout, Table)

BOOST_AUTO_TEST_CASE(a_job_of_another_user_can_open_its_own_output_by_name) {
    BOOST_TEST((lay(Scope::machine).user == 1'000U));
    BOOST_TEST(log_mode() == 0602U);
}

BOOST_AUTO_TEST_CASE(a_users_own_ccd_switches_nobody_and_closes_nothing) {
    launch.limits.all_card_nodes = {"/dev/null"};
    auto laid = lay(Scope::user);
    BOOST_TEST((!laid.user && laid.devices.empty()));
    BOOST_TEST(log_mode() == 0600U);
}

BOOST_AUTO_TEST_CASE(a_launch_that_no_spec_can_carry_has_the_reason_in_its_log) {
    launch.attempt = {.job = 1, .number = 1, .nonce = "n-1-1"};
    launch.log_file = folder / "log";
    auto layout = lay_out(launch, "boot", Scope::machine);
    BOOST_TEST((layout.error().code == Errc::bad_request));
    BOOST_TEST(last_line(read_file(folder / "log")) ==
               "ccd: arguments or environment are malformed");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
