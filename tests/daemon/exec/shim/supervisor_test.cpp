#include "daemon/exec/shim/supervisor.h"

#include <signal.h>

#include "daemon/exec/proc_stat.h"
#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

// Writes its process number into `channel` from a process that has left its parents and their
// session, then sleeps.
std::string daemon_script(const Channel& channel) {
    return "(setsid sh -c 'echo $$ > " + channel.path() + "; exec sleep 1000' &) ";
}

struct StoppedBench : Bench {
    Channel channel{path("channel")};

    Attempt start_ready(Launch launch) {
        Attempt attempt = start(std::move(launch));
        await<Started>(attempt);
        return attempt;
    }
};

BOOST_FIXTURE_TEST_SUITE(supervisor, StoppedBench)

BOOST_AUTO_TEST_CASE(an_exit_code_is_told) {
    Ended ended = run(shell("exit 7"));
    BOOST_TEST(ended.exit_code.value() == 7);
    BOOST_TEST(!ended.signal.has_value());
    BOOST_TEST((ended.cause == Cause::program));
}

BOOST_AUTO_TEST_CASE(a_signal_is_told) {
    Ended ended = run(shell("kill -USR1 $$"));
    BOOST_TEST(!ended.exit_code.has_value());
    BOOST_TEST(ended.signal.value() == SIGUSR1);
    BOOST_TEST((ended.cause == Cause::program));
}

BOOST_AUTO_TEST_CASE(the_end_lies_between_the_start_and_now) {
    auto before = std::chrono::floor<Millis>(std::chrono::system_clock::now());
    Attempt attempt = start(shell("true"));
    Started started = await<Started>(attempt);
    Ended ended = await<Ended>(attempt);
    BOOST_TEST((before <= started.at));
    BOOST_TEST((started.at <= ended.at));
    BOOST_TEST((ended.at <= std::chrono::system_clock::now()));
}

BOOST_AUTO_TEST_CASE(a_process_that_left_the_session_ends_with_the_main_process) {
    Channel go(path("go"));
    Attempt attempt = start(shell(daemon_script(channel) + "; read x < " + go.path()));
    Stranger daemon(channel.read());
    BOOST_TEST(!daemon.is_gone());
    write_file(go.path(), "go\n");
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 0);
    BOOST_TEST(daemon.is_gone());
}

BOOST_AUTO_TEST_CASE(a_process_that_left_the_session_is_stopped_too) {
    Attempt attempt = start(shell(daemon_script(channel) + "; sleep 1000"));
    Stranger daemon(channel.read());
    executor().stop(attempt);
    Ended ended = await<Ended>(attempt);
    BOOST_TEST(ended.signal.value() == SIGTERM);
    BOOST_TEST((ended.cause == Cause::stop));
    BOOST_TEST(daemon.is_gone());
}

BOOST_AUTO_TEST_CASE(a_job_that_ignores_sigterm_is_killed_after_its_grace) {
    Launch job = shell("trap '' TERM; echo > " + channel.path() + "; while :; do sleep 1000; done");
    job.stop_grace = Millis(50);
    Attempt attempt = start(job);
    channel.read();
    executor().stop(attempt);
    Ended ended = await<Ended>(attempt);
    BOOST_TEST(ended.signal.value() == SIGKILL);
    BOOST_TEST((ended.cause == Cause::stop));
}

BOOST_AUTO_TEST_CASE(a_job_may_use_its_grace_to_end_well) {
    Launch job = shell("trap 'echo saved; exit 3' TERM; echo > " + channel.path() +
                       "; while :; do sleep 0.01; done");
    Attempt attempt = start(job);
    channel.read();
    executor().stop(attempt);
    Ended ended = await<Ended>(attempt);
    BOOST_TEST(ended.exit_code.value() == 3);
    BOOST_TEST((ended.cause == Cause::stop));
    BOOST_TEST(last_line(read_file(job.log_file)) == "saved");
}

BOOST_AUTO_TEST_CASE(while_it_is_stopped_a_child_keeps_its_grace_when_the_main_process_goes) {
    std::string worker = "trap \"echo saved; exit\" TERM; echo > " + channel.path() +
                         "; while :; do sleep 0.01; done";
    Launch job = shell("sh -c '" + worker + "' & wait");
    Attempt attempt = start(job);
    channel.read();
    executor().stop(attempt);
    BOOST_TEST(await<Ended>(attempt).signal.value() == SIGTERM);
    BOOST_TEST(last_line(read_file(job.log_file)) == "saved");
}

BOOST_AUTO_TEST_CASE(what_is_forked_during_the_grace_is_killed_too) {
    Launch job = shell("trap \"sh -c 'trap : TERM; echo \\$\\$ > " + channel.path() +
                       "; while :; do sleep 1000; done' &\" TERM; echo > " + channel.path() +
                       "; while :; do sleep 0.01; done");
    job.stop_grace = Millis(2'000);
    Attempt attempt = start_ready(job);
    channel.read();
    executor().stop(attempt);
    Stranger late(channel.read());
    BOOST_TEST(await<Ended>(attempt).signal.value() == SIGKILL);
    BOOST_TEST(late.is_gone());
}

BOOST_AUTO_TEST_CASE(a_job_that_signals_its_own_group_does_not_stop_itself) {
    Launch job = shell("trap : TERM; kill -TERM 0; exit 4");
    Ended ended = run(job);
    BOOST_TEST(ended.exit_code.value() == 4);
    BOOST_TEST((ended.cause == Cause::program));
}

BOOST_AUTO_TEST_CASE(a_stop_during_the_launch_is_remembered) {
    Launch job = shell("sleep 1000");
    executor().start(job);
    executor().stop(job.attempt);
    BOOST_TEST((await<Ended>(job.attempt).cause == Cause::stop));
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_its_standard_input_can_be_stopped) {
    Launch job = shell("true");
    job.stdin_file = channel.path();  // nobody ever writes
    Attempt attempt = start(job);
    executor().stop(attempt);
    BOOST_TEST(await<Ended>(attempt).signal.has_value());
}

BOOST_AUTO_TEST_CASE(a_signal_is_passed_on_to_all_of_the_job) {
    Channel ready(path("ready"));
    std::string child =
        "trap \"echo child; exit\" USR2; echo > " + ready.path() + "; while :; do sleep 0.01; done";
    Launch job = shell("trap 'wait; exit 6' USR2; echo $PPID > " + channel.path() + "; sh -c '" +
                       child + "' & while :; do sleep 0.01; done");
    Attempt attempt = start(job);
    Stranger shim(channel.read());
    ready.read();
    shim.signal(SIGRTMIN, SIGUSR2);
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 6);
    BOOST_TEST(read_file(job.log_file).find("child\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_shim_needs_less_than_a_mebibyte_and_lets_the_environment_go) {
    Launch job = shell("echo $PPID > " + channel.path() + "; read x < " + channel.path());
    job.environment.push_back("LARGE=" + std::string(100'000, 'x'));
    job.environment.push_back("LARGER=" + std::string(120'000, 'x'));
    Attempt attempt = start_ready(job);
    std::string shim = channel.read();
    shim.pop_back();
    std::string status = read_file("/proc/" + shim + "/status");
    BOOST_TEST(std::stoi(status.substr(status.find("VmRSS:") + 6)) < 1'024);
    BOOST_TEST(read_file("/proc/" + shim + "/maps").find("ccd-spec") == std::string::npos);
    write_file(channel.path(), "go\n");
    await<Ended>(attempt);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_killed_is_tried_less_and_less_often_but_once_a_second) {
    Millis pause{20};
    for (int next : {40, 80, 160, 320, 640, 1'000, 1'000}) {
        pause = pause_after(pause);
        BOOST_TEST(pause.count() == next);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
