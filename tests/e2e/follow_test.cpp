// What is followed for long: over a restart of the daemon, from one attempt to the next, and until
// its time is over.
#include <boost/test/unit_test.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

struct OneJob : Stage {
    OneJob() : Stage({.cards = 0, .values = {"jobs.max_running=1"}}) {}

    // A job that waits, and to which something happens until ccctl has ended.
    Ran end_while_busy(Ctl& ctl, job::Id waiting) {
        while (!ctl.has_ended()) {
            call<job::Hold>({.ids = {waiting}});
            call<job::Release>({.ids = {waiting}});
        }
        return ctl.end();
    }

    // Our own connection, once it is the only one; then those of others can be counted.
    client::Client connect_alone() {
        auto client = connect();
        while (connections(client) != 1) {
        }
        return client;
    }
    std::uint64_t connections(client::Client& client) {
        auto stats = client.call<host::Stats>({});
        BOOST_TEST_REQUIRE(stats.has_value());
        return stats->requests.connections;
    }

    // A shell's command that is tried once more, so long after it has failed.
    job::Id start_retried(const std::string& text, Millis delay = Millis{10}) {
        auto asked = shell(text);
        asked.retries = 1;
        asked.retry_delay = delay;
        return start(asked);
    }

    void stop() {
        auto stopped = daemon().stop();
        BOOST_TEST_REQUIRE(stopped.has_value(), (stopped ? "" : stopped.error().message));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(following, OneJob, *boost::unit_test::timeout(180))

BOOST_AUTO_TEST_CASE(a_time_out_bounds_the_whole_run_however_much_happens_meanwhile) {
    start(endless());
    auto waiting = submit(program({"/bin/true"}));
    auto id = std::to_string(waiting);
    Ctl logs{line({"logs", id, "--follow", "--timeout", "400ms"})};
    auto ran = end_while_busy(logs, waiting);
    BOOST_TEST(ran.code == 8);
    BOOST_TEST(ran.err.find("not ended in time") != std::string::npos);
    Ctl events{line({"events", "--job", id, "--timeout", "400ms"})};
    ran = end_while_busy(events, waiting);
    BOOST_TEST(ran.code == 8);
    BOOST_TEST(ran.err.find("--timeout") != std::string::npos);
    BOOST_TEST(ctl({"submit", "--follow", "--timeout", "400ms", "--", "true"}).code == 208);
}

BOOST_AUTO_TEST_CASE(who_waits_on_a_terminal_is_told_how_many_have_ended) {
    auto ended = run(program({"/bin/true"})).id;
    auto running = start(endless());
    auto asked = line({"wait", std::to_string(ended), std::to_string(running)});
    // What it says besides goes to the terminal too.
    asked.before = {"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh"};
    asked.is_on_terminal = true;
    Ctl waiter{asked};
    waiter.hear("1 of 2 jobs have ended");
    // The wait and what is asked beside it share a connection; ours of before are about to go.
    auto client = connect();
    while (connections(client) > 2) {
    }
    BOOST_TEST(connections(client) == 2U);
    cancel(running);
    BOOST_TEST(waiter.end().code == 1);
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_is_followed_over_a_restart) {
    auto asked = shell("echo out");
    asked.hold = true;
    auto held = submit(asked);
    auto client = connect_alone();
    Ctl logs{line({"logs", std::to_string(held), "--follow"})};
    while (connections(client) < 2) {
    }
    restart();
    call<job::Release>({.ids = {held}});
    auto ran = logs.end();
    BOOST_TEST(ran.code == 0);
    BOOST_TEST(ran.out == "out\n");
    BOOST_TEST(ran.err == "");
}

BOOST_AUTO_TEST_CASE(what_a_job_prints_while_the_daemon_is_away_is_shown) {
    Pipe gate{path("gate")};
    Pipe last_gate{path("last-gate")};
    auto job = start(shell("echo first; read go < gate; echo second; read go < last-gate; exit 5"));
    auto client = connect_alone();
    Ctl waiter{line({"wait", std::to_string(job)})};
    while (connections(client) < 2) {
    }
    Ctl logs{line({"logs", std::to_string(job), "--follow"})};
    logs.hear("first\n");
    stop();
    gate.let_go();
    BOOST_TEST(logs.hear("second\n") == "first\nsecond\n");
    restart();
    last_gate.let_go();
    auto ran = logs.end();
    BOOST_TEST(ran.code == 0);
    BOOST_TEST(ran.out == "first\nsecond\n");
    BOOST_TEST(waiter.end().code == 5);
}

BOOST_AUTO_TEST_CASE(a_submit_that_follows_shows_every_attempt_and_exits_as_the_last) {
    auto ran =
        ctl({"submit", "--follow", "--retries", "1", "--retry-delay", "10ms", "--", "/bin/sh", "-c",
             "if [ $CCD_ATTEMPT = 1 ]; then echo one; exit 3; fi; echo two; exit 4"});
    BOOST_TEST(ran.code == 4);
    BOOST_TEST(ran.out == "one\ntwo\n");
    BOOST_TEST(ran.err == "ccctl: job 1\nccctl: attempt 2\n");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_fails_is_shown_to_its_end_before_the_next) {
    Pipe gate{path("gate")};
    auto job = std::to_string(
        start_retried("echo begin $CCD_ATTEMPT; read go < gate; echo end $CCD_ATTEMPT; exit 3"));
    Ctl logs{line({"logs", job, "--follow"})};
    logs.hear("begin 1\n");
    gate.let_go();
    logs.hear("begin 2\n");
    gate.let_go();
    auto ran = logs.end();
    BOOST_TEST(ran.code == 0);
    BOOST_TEST(ran.out == "begin 1\nend 1\nbegin 2\nend 2\n");
    BOOST_TEST(ran.err == "ccctl: attempt 2\n");
}

BOOST_AUTO_TEST_CASE(the_next_attempt_is_shown_though_the_daemon_was_away_meanwhile) {
    Pipe gate{path("gate")};
    auto job = std::to_string(start_retried("echo begin $CCD_ATTEMPT; read go < gate; exit 3"));
    Ctl logs{line({"logs", job, "--follow"})};
    logs.hear("begin 1\n");
    stop();
    gate.let_go();
    restart();
    logs.hear("begin 2\n");
    gate.let_go();
    auto ran = logs.end();
    BOOST_TEST(ran.code == 0);
    BOOST_TEST(ran.out == "begin 1\nbegin 2\n");
    BOOST_TEST(ran.err == "ccctl: attempt 2\n");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_named_is_followed_until_it_is_over) {
    Pipe gate{path("gate")};
    auto job = start_retried("echo begin; read go < gate; echo end; exit 3", Millis{3'600'000});
    Ctl logs{line({"logs", std::to_string(job), "--follow", "--attempt", "1"})};
    logs.hear("begin\n");
    gate.let_go();
    auto ran = logs.end();
    BOOST_TEST(ran.code == 0);
    BOOST_TEST(ran.out == "begin\nend\n");
    BOOST_TEST((status(job).state == job::State::retrying));
}

BOOST_AUTO_TEST_CASE(an_attempt_that_never_came_is_refused_at_the_end_of_the_job) {
    auto job = std::to_string(run(program({"/bin/true"})).id);
    auto ran = ctl({"logs", job, "--follow", "--attempt", "2"});
    BOOST_TEST(ran.code == 4);
    BOOST_TEST(ran.out == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
