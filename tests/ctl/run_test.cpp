#include "ctl/run.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/ctl/temporary_file.h"
#include "tests/ctl/words.h"

// All of ccctl but main, where no daemon is.

namespace {

using namespace ccd;

struct Ran {
    int code = 0;
    std::string out;
    std::string err;
};

// Standard output and error lead into files meanwhile.
Ran ran(const std::string& line) {
    TemporaryFile out;
    TemporaryFile err;
    UniqueFd old_out{::dup(STDOUT_FILENO)};
    UniqueFd old_err{::dup(STDERR_FILENO)};
    ::dup2(out.writer(), STDOUT_FILENO);
    ::dup2(err.writer(), STDERR_FILENO);
    auto words = split(line);
    auto code = ctl::run(views(words));
    ::dup2(old_out.get(), STDOUT_FILENO);
    ::dup2(old_err.get(), STDERR_FILENO);
    return {.code = code, .out = out.text(), .err = err.text()};
}

const std::string nowhere{"--socket /nonexistent/ccd.sock "};

BOOST_AUTO_TEST_SUITE(run)

BOOST_AUTO_TEST_CASE(without_a_daemon_commands_say_so_and_exit_9) {
    for (auto line :
         {"status", "", "submit true", "list", "events", "logs 1", "logs 1 --follow", "wait 1 2",
          "gpus", "admin drain", "batch /dev/null", "cancel last", "events --job last"}) {
        auto done = ran(nowhere + line);
        BOOST_TEST(done.code == 9, line);
        BOOST_TEST(done.out == "", line);
        BOOST_TEST(done.err.find("systemctl start ccd") != std::string::npos, line);
    }
}

BOOST_AUTO_TEST_CASE(those_that_pass_a_job_s_code_on_add_200_to_their_own) {
    BOOST_TEST(ran(nowhere + "wait 1").code == 209);
    BOOST_TEST(ran(nowhere + "wait last").code == 209);
    BOOST_TEST(ran(nowhere + "wait 5-8").code == 9);
    BOOST_TEST(ran(nowhere + "submit --wait true").code == 209);
    BOOST_TEST(ran(nowhere + "submit --follow true").code == 209);
    BOOST_TEST(ran(nowhere + "submit --wait").code == 202);
    BOOST_TEST(ran(nowhere + "submit --env X true").code == 2);
    BOOST_TEST(ran(nowhere + "submit --wait --env X true").code == 202);
}

BOOST_AUTO_TEST_CASE(so_they_do_where_a_mistake_stands_before_what_asks_for_it) {
    BOOST_TEST(ran("submit --wait --bogus true").code == 202);
    BOOST_TEST(ran("submit --bogus --wait true").code == 202);
    BOOST_TEST(ran("submit --bogus value --follow true").code == 202);
    BOOST_TEST(ran("submit --bogus -- true --wait").code == 2);
    BOOST_TEST(ran("wait 1 --bogus").code == 202);
    BOOST_TEST(ran("wait --bogus 1").code == 202);
    BOOST_TEST(ran("wait --bogus 1 2").code == 2);
}

BOOST_AUTO_TEST_CASE(health_without_a_daemon_is_a_result) {
    auto done = ran(nowhere + "health");
    BOOST_TEST(done.code == 2);
    BOOST_TEST(done.out.starts_with("unhealthy\n"));
    BOOST_TEST(done.err == "");
    done = ran(nowhere + "health --json");
    BOOST_TEST(done.code == 2);
    BOOST_TEST(
        done.out.starts_with("{\"status\":\"unhealthy\",\"database\":\"disconnected\","
                             "\"executor\":null,"));
}

BOOST_AUTO_TEST_CASE(version_tells_ours_at_least) {
    auto done = ran(nowhere + "version");
    BOOST_TEST(done.code == 9);
    BOOST_TEST(done.out == "ccctl " CCD_VERSION "\n");
    BOOST_TEST(ran("--version").out == "ccctl " CCD_VERSION "\n");
    BOOST_TEST(ran("--version").code == 0);
    done = ran(nowhere + "version --json");
    BOOST_TEST(done.code == 9);
    BOOST_TEST(done.out == "{\"version\":null,\"protocol\":null,\"client_version\":\"" CCD_VERSION
                           "\"}\n");
    BOOST_TEST(done.err.starts_with("{\"error\":"));
}

BOOST_AUTO_TEST_CASE(version_is_told_in_place_of_any_command_and_nothing_is_carried_out) {
    for (auto line : {"submit --version -- true", "submit --version", "status --version",
                      "logs 1 --version", "wait --version", "admin drain --version --help"}) {
        auto done = ran(nowhere + line);
        BOOST_TEST(done.code == 0, line);
        BOOST_TEST(done.out == "ccctl " CCD_VERSION "\n", line);
        BOOST_TEST(done.err == "", line);
    }
    BOOST_TEST(ran(nowhere + "submit -- true --version").code == 9);
    BOOST_TEST(ran("submit --version --bogus true").code == 2);
}

BOOST_AUTO_TEST_CASE(an_output_of_raw_bytes_is_refused_as_json) {
    for (auto line : {"--json logs 3", "logs 3 --json", "logs 3 --follow --json"}) {
        auto done = ran(nowhere + line);
        BOOST_TEST(done.code == 2, line);
        BOOST_TEST(done.out == "", line);
        BOOST_TEST(done.err.starts_with("{\"error\":{\"code\":\"bad-request\""), line);
        BOOST_TEST(done.err.find("raw bytes") != std::string::npos, line);
    }
    BOOST_TEST(ran("logs --json --help").code == 0);
}

BOOST_AUTO_TEST_CASE(errors_are_json_where_results_would_be) {
    auto done = ran("--json " + nowhere + "status");
    BOOST_TEST(done.out == "");
    BOOST_TEST(done.err.starts_with("{\"error\":{\"code\":\"unreachable\",\"message\":\""));
    BOOST_TEST(done.err.ends_with("\"retry_after_s\":null}}\n"));
}

BOOST_AUTO_TEST_CASE(errors_are_json_where_that_is_asked_for_behind_the_mistake) {
    for (auto line :
         {"statsu --json", "status --bogus --json", "--sokcet x --json status", "status one --json",
          "help nothing --json", "submit --bogus true --json", "logs --json"})
        BOOST_TEST(ran(line).err.starts_with("{\"error\":{\"code\":\"bad-request\""), line);
    BOOST_TEST(ran("submit --bogus -- true --json").err.starts_with("ccctl: "));
}

BOOST_AUTO_TEST_CASE(bad_usage_is_said_with_the_way_to_help_and_exits_2) {
    auto done = ran("logs");
    BOOST_TEST(done.code == 2);
    BOOST_TEST(done.err == "ccctl: <id> is missing; see ccctl help logs\n");
    BOOST_TEST(ran("stauts").err == "ccctl: unknown command 'stauts'; did you mean status?\n");
    BOOST_TEST(ran("--sokcet").code == 2);
    BOOST_TEST(ran("help nothing").code == 2);
    BOOST_TEST(ran("frob '\x1b[2J'").err.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_completion_is_told_nothing_where_no_daemon_is) {
    auto done = ran(nowhere + "help --candidates jobs");
    BOOST_TEST(done.code == 0);
    BOOST_TEST(done.out == "");
    BOOST_TEST(done.err == "");
}

BOOST_AUTO_TEST_CASE(help_is_a_result_wherever_it_is_asked_for) {
    auto all = ran("help");
    BOOST_TEST(all.code == 0);
    BOOST_TEST(all.out.find("Queue a command") != std::string::npos);
    BOOST_TEST(ran("--help").out == all.out);
    auto one = ran("help admin drain");
    BOOST_TEST(one.code == 0);
    BOOST_TEST(one.out.find("ccctl admin drain\n") != std::string::npos);
    BOOST_TEST(ran("admin drain --help").out == one.out);
    BOOST_TEST(ran("submit --help").out == ran("help job submit").out);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
