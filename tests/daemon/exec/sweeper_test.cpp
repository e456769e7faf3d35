#include "daemon/exec/sweeper.h"

#include <signal.h>

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

// Jobs that tell the number of their shim, then that of a process that has left it, and sleep.
struct SweepBench : Bench {
    Channel shim_channel{path("shim")};
    Channel daemon_channel{path("daemon")};

    std::string script() const {
        return "echo $PPID > " + shim_channel.path() + "; (setsid sh -c 'echo $$ > " +
               daemon_channel.path() + "; exec sleep 1000' &); sleep 1000";
    }
};

BOOST_FIXTURE_TEST_SUITE(sweeper, SweepBench)

BOOST_AUTO_TEST_CASE(when_the_shim_is_killed_all_of_the_job_is_ended_and_it_is_lost) {
    Attempt attempt = start(shell(script()));
    Started started = await<Started>(attempt);
    Stranger shim(shim_channel.read());
    Stranger daemon(daemon_channel.read());
    Stranger main(std::to_string(started.main_pid));
    shim.signal(SIGKILL);
    await<Lost>(attempt);
    daemon.wait_until_gone();
    main.wait_until_gone();
}

BOOST_AUTO_TEST_CASE(what_a_dead_shim_left_is_ended_when_it_is_found_later) {
    Attempt attempt = start(shell(script()));
    await<Started>(attempt);
    Stranger shim(shim_channel.read());
    Stranger daemon(daemon_channel.read());
    replace_executor();
    shim.signal(SIGKILL);
    shim.wait_until_gone();
    adopt({{.attempt = attempt, .was_running = true}});
    await<Sweeping>(attempt);
    await<Lost>(attempt);
    daemon.wait_until_gone();
}

BOOST_AUTO_TEST_CASE(the_processes_of_other_attempts_are_left_alone) {
    Attempt other = start(shell("read code < " + daemon_channel.path() + "; exit $code"));
    Attempt attempt = start(shell("echo $PPID > " + shim_channel.path() + "; sleep 1000"));
    await<Started>(other);
    Stranger shim(shim_channel.read());
    shim.signal(SIGKILL);
    await<Lost>(attempt);
    write_file(daemon_channel.path(), "5\n");
    BOOST_TEST(await<Ended>(other).exit_code.value() == 5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
