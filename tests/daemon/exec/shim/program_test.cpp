#include "daemon/exec/shim/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

BOOST_FIXTURE_TEST_SUITE(program, Bench)

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_127_and_the_log_says_so) {
    Launch job = launch({"no-such-program"});
    NotStarted refused = refuse(job);
    BOOST_TEST(refused.exit_code == 127);
    BOOST_TEST(refused.reason == "cannot run 'no-such-program': not found");
    BOOST_TEST(last_line(read_file(job.log_file)) ==
               "ccd: cannot run 'no-such-program': not found");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_executable_is_126) {
    write_file(path("notes"), "hello");
    Launch job = launch({path("notes")});
    NotStarted refused = refuse(job);
    BOOST_TEST(refused.exit_code == 126);
    BOOST_TEST(last_line(read_file(job.log_file)) ==
               "ccd: cannot run '" + path("notes") + "': not executable");
}

BOOST_AUTO_TEST_CASE(a_folder_is_126) {
    BOOST_TEST(refuse(launch({"/usr"})).exit_code == 126);
}

BOOST_AUTO_TEST_CASE(a_working_directory_that_is_gone_is_125) {
    Launch job = shell("true");
    job.cwd = path("gone");
    NotStarted refused = refuse(job);
    BOOST_TEST(refused.exit_code == 125);
    BOOST_TEST(last_line(read_file(job.log_file)) ==
               "ccd: cannot run '/bin/sh': working directory '" + path("gone") +
                   "': No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_standard_input_that_is_gone_is_125) {
    Launch job = shell("true");
    job.stdin_file = path("gone");
    NotStarted refused = refuse(job);
    BOOST_TEST(refused.exit_code == 125);
    BOOST_TEST(last_line(read_file(job.log_file)) == "ccd: cannot run '/bin/sh': standard input '" +
                                                         path("gone") +
                                                         "': No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_name_with_control_characters_reaches_the_log_without_them) {
    Launch job = launch({"a\nb\033[31m\xff\u00e4"});
    BOOST_TEST(refuse(job).reason == "cannot run 'a?b?[31m?\u00e4': not found");
}

BOOST_AUTO_TEST_CASE(the_program_is_searched_in_the_path_of_the_job) {
    write_file(path("greet"), "#!/bin/sh\nexit 5\n");
    chmod(path("greet").c_str(), 0700);
    Launch job = launch({"greet"});
    job.environment = {"PATH=/nowhere:" + path("")};
    BOOST_TEST(run(job).exit_code.value() == 5);
}

BOOST_AUTO_TEST_CASE(what_the_path_names_but_cannot_be_executed_is_126) {
    write_file(path("greet"), "#!/bin/sh\n");
    Launch job = launch({"greet"});
    job.environment = {"PATH=/nowhere:" + path("") + "::/bin", "PATH=/bin"};
    BOOST_TEST(refuse(job).exit_code == 126);
    job = launch({"greet"});
    job.environment = {"PATH="};
    job.cwd = path("");
    chmod(path("greet").c_str(), 0700);
    BOOST_TEST(run(job).exit_code.value() == 0);
}

BOOST_AUTO_TEST_CASE(without_a_path_the_usual_folders_are_searched) {
    Launch job = launch({"true"});
    job.environment = {};
    BOOST_TEST(run(job).exit_code.value() == 0);
}

BOOST_AUTO_TEST_CASE(the_environment_is_the_launch_s_and_the_nonce) {
    Launch job = launch({"/usr/bin/env"});
    job.environment = {"A=1", "EMPTY=", "CCD_JOB_NONCE=of-another-job", "B=two words"};
    run(job);
    BOOST_TEST(read_file(job.log_file) ==
               "CCD_JOB_NONCE=" + job.attempt.nonce + "\nA=1\nEMPTY=\nB=two words\n");
}

BOOST_AUTO_TEST_CASE(arguments_are_passed_as_they_are) {
    Launch job = launch({"/usr/bin/printf", "[%s]", "", "a b", "$HOME", "*"});
    run(job);
    BOOST_TEST(read_file(job.log_file) == "[][a b][$HOME][*]");
}

BOOST_AUTO_TEST_CASE(it_runs_in_its_working_directory_with_its_umask) {
    Launch job = shell("pwd; umask");
    job.cwd = "/usr/bin";
    job.umask = 027;
    run(job);
    BOOST_TEST(read_file(job.log_file) == "/usr/bin\n0027\n");
}

BOOST_AUTO_TEST_CASE(standard_input_is_the_file_or_nothing) {
    write_file(path("input"), "line\n");
    Launch job = launch({"cat"});
    job.stdin_file = path("input");
    run(job);
    BOOST_TEST(read_file(job.log_file) == "line\n");

    Launch without = launch({"cat"});
    BOOST_TEST(run(without).exit_code.value() == 0);
    BOOST_TEST(read_file(without.log_file) == "");
}

BOOST_AUTO_TEST_CASE(only_the_descriptors_0_1_and_2_are_open) {
    int leaked = open("/dev/null", O_RDONLY);  // inherited by every program that is spawned
    Launch job = shell("ls /proc/$$/fd");
    run(job);
    close(leaked);
    BOOST_TEST(read_file(job.log_file) == "0\n1\n2\n");
}

BOOST_AUTO_TEST_CASE(no_signal_is_blocked_or_ignored) {
    auto before = signal(SIGPIPE, SIG_IGN);
    Launch job = launch({"/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"});
    run(job);
    signal(SIGPIPE, before);
    BOOST_TEST(read_file(job.log_file) == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

BOOST_AUTO_TEST_CASE(it_leads_a_session_without_a_terminal) {
    Launch job = shell("cut -d' ' -f1,5,6,7 /proc/$$/stat; echo $$ $$ $$ 0");
    run(job);
    std::string log = read_file(job.log_file);
    BOOST_TEST(log.substr(0, log.find('\n') + 1) == last_line(log) + "\n");
}

BOOST_AUTO_TEST_CASE(the_usual_limits_and_priorities_are_restored) {
    rlimit before{};
    BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit high = before;
    high.rlim_cur = std::min<rlim_t>(before.rlim_max, 4'096);
    BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &high) == 0);
    Launch job = shell("ulimit -n; nice; cat /proc/self/timerslack_ns");
    run(job);
    setrlimit(RLIMIT_NOFILE, &before);
    BOOST_TEST(read_file(job.log_file) == "1024\n0\n50000\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
