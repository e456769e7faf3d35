// What a start asks of systemd, as systemd gets it.
#include "daemon/exec/transient_unit.h"

#include <fcntl.h>

#include "daemon/exec/units.h"
#include "tests/daemon/exec/fake_systemd.h"
#include "tests/harness/temporary_directory.h"

#include <boost/test/unit_test.hpp>

namespace ccd::exec {
namespace {

struct Desk {
    using Given = std::map<std::string, std::string>;

    Desk() : folder(harness::TemporaryDirectory::create("/tmp", "ccd-start").value()) {
        launch.attempt = {.job = 7, .number = 2, .nonce = "cafe-7-2"};
        launch.argv = {"secret-program"};
        layout.spec.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
        layout.log.reset(open("/dev/null", O_WRONLY | O_CLOEXEC));
    }

    Given start() {
        loop::Loop loop;
        FakeSystemd systemd(loop, folder / "manager");
        Units units(loop, systemd.address(),
                    {.on_up =
                         [&] {
                             units.start(launch, layout, "/usr/libexec/ccd/ccd-shim",
                                         [&](const Result<void>& answer) {
                                             BOOST_TEST(answer.has_value());
                                             loop.stop();
                                         });
                         },
                     .on_down = [](const std::string&) {},
                     .on_change = [](const std::string&, sd_bus_message*) {},
                     .on_job_removed = [](const std::string&, const std::string&) {},
                     .on_removed = [](const std::string&) {}});
        loop.run();
        return systemd.units.at("ccd-job-cafe-7-2.service").given;
    }

    harness::TemporaryDirectory folder;
    Launch launch;
    Layout layout;
};

BOOST_FIXTURE_TEST_SUITE(transient_unit, Desk)

BOOST_AUTO_TEST_CASE(a_job_is_a_service_that_keeps_its_exit_status_and_says_nothing_of_itself) {
    auto given = start();
    BOOST_TEST(given["Description"] == "ccd job 7, attempt 2");
    BOOST_TEST(given["Slice"] == "ccd-jobs.slice");
    BOOST_TEST(given["Type"] == "notify");
    BOOST_TEST(given["NotifyAccess"] == "main");
    BOOST_TEST(given["RemainAfterExit"] == "1");
    BOOST_TEST(given["KillMode"] == "control-group");
    BOOST_TEST(given["ExecStart"] == "/usr/libexec/ccd/ccd-shim ccd-shim --exec 0");
    BOOST_TEST(given["LogLevelMax"] == "4");
    for (const auto& [name, value] : given)
        BOOST_TEST(value.find("secret") == std::string::npos, name);
}

BOOST_AUTO_TEST_CASE(its_user_is_named_by_number_and_a_users_manager_has_only_its_own) {
    BOOST_TEST(!start().contains("User"));
    layout.user = 1000;
    BOOST_TEST(start()["User"] == "1000");
}

BOOST_AUTO_TEST_CASE(what_is_not_limited_is_not_said) {
    auto given = start();
    for (const char* name : {"MemoryMax", "MemorySwapMax", "CPUQuotaPerSecUSec", "RuntimeMaxUSec",
                             "DevicePolicy", "DeviceAllow"})
        BOOST_TEST(!given.contains(name), name);
}

BOOST_AUTO_TEST_CASE(memory_is_limited_with_no_swap_beyond_it_unless_the_job_says_how_much) {
    launch.limits.memory = 64_MiB;
    launch.limits.cpus = 2;
    auto given = start();
    BOOST_TEST(given["MemoryMax"] == std::to_string(64 << 20));
    BOOST_TEST(given["MemorySwapMax"] == "0");
    BOOST_TEST(given["CPUQuotaPerSecUSec"] == "2000000");
    launch.limits.properties = {"MemorySwapMax=1M", "Nice=5"};
    given = start();
    BOOST_TEST(given["MemorySwapMax"] == std::to_string(1 << 20));
    BOOST_TEST(given["Nice"] == "5");
}

BOOST_AUTO_TEST_CASE(the_managers_own_time_limit_comes_only_after_ours) {
    launch.stop_grace = Millis{10'000};
    BOOST_TEST(start()["TimeoutStopUSec"] == "10000000");
    launch.limits.time = Millis{60'000};
    BOOST_TEST(start()["RuntimeMaxUSec"] == "75000000");
    launch.limits.time = Millis::max();
    BOOST_TEST(!start().contains("RuntimeMaxUSec"));
}

BOOST_AUTO_TEST_CASE(where_cards_are_closed_the_rest_is_named) {
    layout.devices = {{"char-tty", "rwm"}, {"/dev/nvidia0", "rw"}};
    auto given = start();
    BOOST_TEST(given["DevicePolicy"] == "closed");
    BOOST_TEST(given["DeviceAllow"] == "char-tty rwm /dev/nvidia0 rw");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
