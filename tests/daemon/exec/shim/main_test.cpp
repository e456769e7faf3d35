// ccd-shim as a program: what it answers when it is called wrongly, or too late.
#include <sys/wait.h>

#include <cstdlib>

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

int exit_code_of(const std::string& command) {
    int status = std::system(command.c_str());
    BOOST_REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

BOOST_FIXTURE_TEST_SUITE(shim, Bench)

BOOST_AUTO_TEST_CASE(with_a_ticket_it_runs_the_job_and_records_the_end) {
    Launch job = shell("echo ran > " + path("trace"));
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    BOOST_TEST(run_shim(records(), job) == 0);
    BOOST_TEST(read_file(path("trace")) == "ran\n");
    BOOST_TEST(end_of(records().read(job.attempt).value().value()) != nullptr);
}

BOOST_AUTO_TEST_CASE(without_a_ticket_it_runs_nothing) {
    Launch job = shell("echo ran > " + path("trace"));
    BOOST_TEST(run_shim(records(), job) == 3);
    BOOST_TEST(read_file(path("trace")) == "");
}

BOOST_AUTO_TEST_CASE(a_ticket_serves_once) {
    Launch job = shell("echo ran >> " + path("trace"));
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    BOOST_TEST(run_shim(records(), job) == 0);
    BOOST_TEST(run_shim(records(), job) == 3);
    BOOST_TEST(read_file(path("trace")) == "ran\n");
}

BOOST_AUTO_TEST_CASE(a_ticket_with_another_nonce_is_no_ticket) {
    Launch job = shell("echo ran > " + path("trace"));
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    job.attempt.nonce += "x";
    BOOST_TEST(run_shim(records(), job) == 3);
    BOOST_TEST(read_file(path("trace")) == "");
}

BOOST_AUTO_TEST_CASE(it_refuses_what_is_no_spec) {
    std::string shim = CCD_SHIM;
    std::string rest = " " + records().folder() + " 1.1 3>/dev/null 2>/dev/null";
    BOOST_TEST(exit_code_of(shim + rest + " </dev/null") == 2);
    BOOST_TEST(exit_code_of(shim + rest + " </bin/sh") == 2);
    BOOST_TEST(exit_code_of(shim + rest + " <&-") == 2);
}

BOOST_AUTO_TEST_CASE(it_refuses_to_be_called_without_its_arguments_or_its_pipe) {
    std::string shim = CCD_SHIM;
    BOOST_TEST(exit_code_of(shim + " 2>/dev/null") == 2);
    BOOST_TEST(exit_code_of(shim + " " + records().folder() + " 1.1 3>&- </dev/null") == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
