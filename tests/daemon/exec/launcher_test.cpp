#include "daemon/exec/launcher.h"

#include <sys/stat.h>

#include "daemon/exec/spec.h"
#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

mode_t mode_of(const std::string& path) {
    struct stat about {};
    BOOST_REQUIRE(stat(path.c_str(), &about) == 0);
    return about.st_mode & 07777;
}

BOOST_FIXTURE_TEST_SUITE(launcher, Bench)

BOOST_AUTO_TEST_CASE(the_log_and_its_folders_are_made_for_the_owner_only) {
    Launch job = shell("echo hello");
    job.log_file = path("deep/er/log");
    run(job);
    BOOST_TEST(read_file(job.log_file) == "hello\n");
    BOOST_TEST(mode_of(job.log_file) == 0600u);
    BOOST_TEST(mode_of(path("deep/er")) == 0700u);
    BOOST_TEST(mode_of(path("deep")) == 0700u);
}

BOOST_AUTO_TEST_CASE(a_log_that_is_there_is_appended_to) {
    Launch job = shell("echo second; echo third >&2");
    write_file(path("log"), "first\n");
    job.log_file = path("log");
    run(job);
    BOOST_TEST(read_file(job.log_file) == "first\nsecond\nthird\n");
}

BOOST_AUTO_TEST_CASE(a_log_that_is_a_link_is_refused) {
    BOOST_REQUIRE(symlink(path("elsewhere").c_str(), path("log").c_str()) == 0);
    Launch job = shell("true");
    job.log_file = path("log");
    NotStarted refused = refuse(job);
    BOOST_TEST(refused.exit_code == 125);
    BOOST_TEST(refused.reason.find("'" + path("log") + "'") != std::string::npos);
    BOOST_TEST((refused.at > WallTime{}));
}

BOOST_AUTO_TEST_CASE(a_ccd_shim_that_is_not_there_leaves_neither_ticket_nor_log) {
    Launcher launcher(records(), path("no-shim"), "boot");
    Launch job = shell("true");
    auto launched = launcher.launch(job);
    BOOST_REQUIRE(!launched.has_value());
    BOOST_TEST((launched.error().code == Errc::internal));
    BOOST_TEST(launched.error().message ==
               "cannot run '" + path("no-shim") + "': no such file or directory");
    BOOST_TEST(records().list().value().empty());
    BOOST_TEST(access(job.log_file.c_str(), F_OK) != 0);
}

BOOST_AUTO_TEST_CASE(without_room_for_a_ticket_the_log_that_was_there_stays_as_it_was) {
    Launcher launcher(Records("/dev/full"), CCD_SHIM, "boot");
    Launch job = shell("true");
    job.log_file = path("log");
    write_file(job.log_file, "before\n");
    auto launched = launcher.launch(job);
    BOOST_REQUIRE(!launched.has_value());
    BOOST_TEST((launched.error().code == Errc::internal));
    BOOST_TEST(read_file(job.log_file) == "before\n");
}

BOOST_AUTO_TEST_CASE(what_is_short_for_now_refuses_no_job_but_puts_it_off) {
    Launch job = shell("exit 8");
    run(shell("true"));
    {
        NoDescriptors shortage;
        BOOST_TEST(await<NeverBegan>(start(job)).reason.find("too many open files") !=
                   std::string::npos);
    }
    BOOST_TEST(run(job).exit_code.value() == 8);
}

BOOST_AUTO_TEST_CASE(what_a_job_itself_has_wrong_is_its_last_line) {
    Launch job = launch({std::string("a\0b", 3)});
    BOOST_TEST(refuse(job).exit_code == 125);
    BOOST_TEST(last_line(read_file(job.log_file)) == "ccd: arguments or environment are malformed");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_has_a_ticket_is_not_launched_twice) {
    Launch job = shell("true");
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    BOOST_TEST(refuse(job).exit_code == 125);
    BOOST_TEST(records().withdraw_ticket(job.attempt));
}

BOOST_AUTO_TEST_CASE(arguments_that_no_spec_can_carry_are_refused) {
    BOOST_TEST(refuse(launch({})).exit_code == 125);
    BOOST_TEST(refuse(launch({std::string("a\0b", 3)})).exit_code == 125);
    BOOST_TEST(refuse(launch({"true", std::string(spec_limit, 'x')})).exit_code == 125);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
