// Jobs that are ended, held and let go.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

struct ShortGrace : Stage {
    ShortGrace() : Stage({.cards = 0, .values = {"jobs.stop_grace=300ms"}}) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ending, ShortGrace, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(a_job_that_runs_too_long_is_timed_out) {
    auto request = endless();
    request.time_limit = Millis{50};
    auto job = run(request);
    BOOST_TEST((job.state == job::State::timed_out));
    BOOST_TEST(job.signal.value_or(0) == SIGTERM);
    BOOST_TEST(job.reason.value_or("").find("time limit") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_job_within_its_time_is_left_alone) {
    auto request = shell("exit 2");
    request.time_limit = Millis{600'000};
    BOOST_TEST((run(request).state == job::State::failed));
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_ends_with_all_its_descendants) {
    Pipe told{path("told")};
    auto job = submit(
        shell("(setsid sh -c 'trap \"\" TERM; echo $$ $PPID > told; while :; do sleep 1; done' &)\n"
              "exec sleep 100000"));
    std::istringstream said{told.hear()};
    std::string descendant;
    said >> descendant;
    Stranger stranger{descendant};
    BOOST_TEST(!stranger.is_gone());

    auto reply = call<job::Cancel>({.ids = {job}, .reason = "wrong data"});
    BOOST_TEST(reply.jobs.size() == 1U);
    auto ended = wait(job);
    BOOST_TEST((ended.state == job::State::cancelled));
    BOOST_TEST(ended.reason.value_or("").find("wrong data") != std::string::npos);
    stranger.wait_until_gone();
}

BOOST_AUTO_TEST_CASE(a_job_that_ignores_its_end_is_killed_after_the_grace) {
    Pipe told{path("told")};
    auto job = submit(shell("trap '' TERM; echo > told; while :; do sleep 1; done"));
    told.hear();
    cancel(job);
    auto ended = wait(job);
    BOOST_TEST((ended.state == job::State::cancelled));
    BOOST_TEST(ended.signal.value_or(0) == SIGKILL);
}

BOOST_AUTO_TEST_CASE(a_job_may_clean_up_when_it_is_cancelled) {
    Pipe told{path("told")};
    auto job = submit(shell(
        "trap 'echo clean > cleaned; exit 9' TERM; echo > told; while :; do sleep 0.05; done"));
    told.hear();
    cancel(job);
    auto ended = wait(job);
    BOOST_TEST((ended.state == job::State::cancelled));
    BOOST_TEST(ended.exit_code.value_or(0) == 9);
    BOOST_TEST(read_file(path("cleaned")) == "clean\n");
}

BOOST_AUTO_TEST_CASE(a_waiting_job_is_cancelled_without_having_run) {
    auto request = shell("echo ran > ran");
    request.hold = true;
    auto job = submit(request);
    cancel(job);
    auto ended = wait(job);
    BOOST_TEST((ended.state == job::State::cancelled));
    BOOST_TEST(ended.attempt == 0U);
    BOOST_TEST(read_file(path("ran")) == "");
}

BOOST_AUTO_TEST_CASE(a_job_that_has_ended_cannot_be_cancelled) {
    auto job = run(program({"/bin/true"})).id;
    auto refusal = refuse<job::Cancel>({.ids = {job}, .reason = {}});
    BOOST_TEST((refusal.code == Errc::conflict));
    BOOST_TEST((status(job).state == job::State::succeeded));
}

BOOST_AUTO_TEST_CASE(a_held_job_starts_when_it_is_released) {
    auto request = program({"/bin/true"});
    request.hold = true;
    auto held = submit(request);
    BOOST_TEST((run(program({"/bin/true"})).state == job::State::succeeded));
    BOOST_TEST((status(held).state == job::State::held));
    auto why = call<job::Why>({.id = held});
    BOOST_TEST_REQUIRE(why.blockers.size() == 1U);
    BOOST_TEST(why.blockers[0].kind == "held");

    call<job::Release>({.ids = {held}});
    BOOST_TEST((wait(held).state == job::State::succeeded));
}

BOOST_AUTO_TEST_CASE(a_running_job_cannot_be_held) {
    auto job = start(endless());
    auto refusal = refuse<job::Hold>({.ids = {job}});
    BOOST_TEST((refusal.code == Errc::conflict));
    BOOST_TEST(refusal.message.find("running") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

// Where one job runs at a time.
struct OneAtATime : Stage {
    OneAtATime() : Stage({.cards = 0, .values = {"jobs.max_running=1"}}) {}

    job::Id submit_noting(const std::string& name, std::int32_t priority) {
        auto request = shell("echo " + name + " >> order");
        request.priority = priority;
        return submit(request);
    }
};

BOOST_FIXTURE_TEST_SUITE(order, OneAtATime, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(the_smaller_priority_goes_first_and_then_who_came_first) {
    auto first = start(endless());
    std::vector<job::Id> jobs{submit_noting("late", 9), submit_noting("a", 5),
                              submit_noting("urgent", -1), submit_noting("b", 5)};
    auto why = call<job::Why>({.id = jobs[0]});
    BOOST_TEST(why.position.value_or(0) == 4U);
    BOOST_TEST_REQUIRE(why.blockers.size() == 1U);
    BOOST_TEST(why.blockers[0].message.find("jobs.max_running") != std::string::npos);
    cancel(first);
    call<job::Wait>({.ids = jobs});
    BOOST_TEST(read_file(path("order")) == "urgent\na\nb\nlate\n");
}

BOOST_AUTO_TEST_CASE(a_waiting_job_that_is_held_lets_others_pass) {
    auto first = start(endless());
    auto held = submit_noting("held", 1);
    auto other = submit_noting("other", 2);
    call<job::Hold>({.ids = {held}});
    cancel(first);
    wait(other);
    BOOST_TEST(read_file(path("order")) == "other\n");
    BOOST_TEST((status(held).state == job::State::held));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
