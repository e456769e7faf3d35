// What a job may wait for, how it is tried again, and what its owner can change meanwhile.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

std::string text_of(job::Id id) {
    return std::to_string(id);
}

struct Life : Stage {
    // Fails until the file is there.
    job::SubmitRequest fails_until(const std::string& file) const {
        return shell("test -e " + path(file));
    }
    void make(const std::string& file) { std::ofstream{path(file)} << "there\n"; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(life, Life, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(jobs_follow_each_other) {
    auto first = start(endless());
    auto request = shell("echo second");
    request.after = {first};
    auto never = submit(request);
    request.after = {};
    request.after_any = {first};
    auto anyway = submit(request);
    BOOST_TEST(call<job::Why>({.id = never}).blockers.front().kind == "dependency");
    BOOST_TEST(status(anyway).reason.value_or("") == "waits for job " + text_of(first) + " to end");
    cancel(first);
    BOOST_TEST((wait(anyway).state == job::State::succeeded));
    auto view = wait(never);
    BOOST_TEST((view.state == job::State::failed));
    BOOST_TEST(view.attempt == 0U);
    BOOST_TEST(view.reason.value_or("") ==
               "job " + text_of(first) + ", which it was to follow, has ended as cancelled");
    // Long after its end, too.
    request.after = {anyway};
    BOOST_TEST((run(request).state == job::State::succeeded));
    request.after = {first};
    BOOST_TEST((run(request).state == job::State::failed));
}

BOOST_AUTO_TEST_CASE(a_job_cannot_wait_for_one_that_is_not_there) {
    auto request = program({"/bin/true"});
    request.after = {1};
    BOOST_TEST((refuse<job::Submit>(request).code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(an_array_is_jobs_in_a_row_that_know_their_index) {
    auto submitted =
        ctl({"submit", "--array", "3-5%2", "--", "/bin/sh", "-c", "echo $CCD_ARRAY_INDEX"});
    BOOST_TEST(submitted.out == "1-3\n");
    for (job::Id id = 1; id <= 3; ++id) {
        auto view = wait(id);
        BOOST_TEST(view.array.value_or(0) == 1U);
        BOOST_TEST(view.array_index.value_or(0) == 2 + id);
        BOOST_TEST(log(id) == text_of(2 + id) + "\n");
    }
    BOOST_TEST(ctl({"submit", "--array", "1-3", "--wait", "--", "/bin/sh", "-c",
                    "test $CCD_ARRAY_INDEX != 2"})
                   .code == 1);
}

BOOST_AUTO_TEST_CASE(an_array_of_more_jobs_than_one_request_names_is_waited_for) {
    auto failed = run(program({"/bin/false"})).id;
    auto ran = ctl({"submit", "--array", "1-2001", "--after", text_of(failed), "--wait", "true"});
    BOOST_TEST(ran.code == 1, ran.err);
    BOOST_TEST(ran.out == "2-2002\n");
    BOOST_TEST((status(2'002).state == job::State::failed));
}

BOOST_AUTO_TEST_CASE(arrays_that_make_no_sense_are_refused) {
    for (auto array : {"5", "a-b", "1-", "3-1", "1-3%0", "1-3%", "1-3x"})
        BOOST_TEST(ctl({"submit", "--array", array, "--", "true"}).code == 2, array);
    for (auto array : {"1-1000000000", "0-10000"})
        BOOST_TEST(ctl({"submit", "--array", array, "--", "true"}).code == 6, array);
    BOOST_TEST(call<job::List>().total == 0U);
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_is_tried_again_with_an_output_of_its_own) {
    auto request = shell("echo attempt $CCD_ATTEMPT; test -e " + path("ready"));
    request.retries = 1'000;
    request.retry_delay = Millis{1};
    auto id = submit(request);
    await(id, job::State::retrying);
    make("ready");
    auto view = wait(id);
    BOOST_TEST((view.state == job::State::succeeded));
    BOOST_TEST(view.attempt >= 2U);
    BOOST_TEST((view.end == job::End::exit));
    BOOST_TEST(log(id) == "attempt " + std::to_string(view.attempt) + "\n");
    BOOST_TEST(ctl({"logs", text_of(id), "--attempt", "1"}).out == "attempt 1\n");
}

BOOST_AUTO_TEST_CASE(only_the_ends_that_were_named_are_tried_again) {
    auto request = shell("exit 3");
    request.retries = 2;
    request.retry_delay = Millis{1};
    request.retry_on = {job::RetryOn::signal};
    BOOST_TEST(run(request).attempt == 1U);
    request.argv = shell("kill -9 $$").argv;
    BOOST_TEST(run(request).attempt == 3U);
    request.argv = {"/no/such/program"};
    request.retry_on = {job::RetryOn::not_started};
    auto view = run(request);
    BOOST_TEST(view.attempt == 3U);
    BOOST_TEST((view.end == job::End::not_started));
}

BOOST_AUTO_TEST_CASE(a_back_off_goes_on_over_a_killed_daemon) {
    auto request = fails_until("ready");
    request.retries = 1;
    request.retry_delay = Millis{300};
    auto id = submit(request);
    await(id, job::State::retrying);
    make("ready");
    kill();
    restart();
    auto view = wait(id);
    BOOST_TEST((view.state == job::State::succeeded));
    BOOST_TEST(view.attempt == 2U);
}

BOOST_AUTO_TEST_CASE(what_has_ended_is_tried_again_by_hand) {
    auto id = submit(fails_until("ready"));
    BOOST_TEST((wait(id).state == job::State::failed));
    make("ready");
    BOOST_TEST(ctl({"retry", text_of(id)}).code == 0);
    auto view = wait(id);
    BOOST_TEST((view.state == job::State::succeeded));
    BOOST_TEST(view.attempt == 2U);
    auto running = start(endless());
    BOOST_TEST((refuse<job::Retry>({.ids = {running}}).code == Errc::conflict));
    BOOST_TEST((refuse<job::Retry>({.ids = {running + 1}}).code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_job_does_not_begin_before_its_time) {
    auto begun = std::chrono::system_clock::now();
    auto request = program({"/bin/true"});
    request.begin = std::chrono::time_point_cast<Millis>(begun) + Millis{400};
    auto view = run(request);
    BOOST_TEST((*view.started_at >= *request.begin));
    // A time that is past has come.
    BOOST_TEST(ctl({"submit", "--begin", "2001-01-01T00:00:00Z", "--wait", "true"}).code == 0);
    BOOST_TEST(ctl({"submit", "--begin", "yesterday", "true"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_signal_reaches_all_of_a_running_job) {
    auto id = start(shell("trap 'echo got it; exit 0' USR1; echo ready > " + path("ready") +
                          "; while :; do sleep 0.01; done"));
    while (!std::ifstream{path("ready")}) std::this_thread::yield();
    BOOST_TEST(ctl({"signal", text_of(id), "USR1"}).code == 0);
    // A child may end of it before the shell sees its own.
    auto view = wait(id);
    BOOST_TEST((view.state == job::State::succeeded));
    BOOST_TEST(log(id).find("got it\n") != std::string::npos);
    BOOST_TEST(ctl({"signal", text_of(id), "USR1"}).code == 4);
    BOOST_TEST(ctl({"signal", text_of(id), "NONSENSE"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_job_is_warned_before_its_time_limit) {
    auto request = shell("trap 'echo warned; exit 9' USR2; while :; do sleep 0.01; done");
    request.time_limit = Millis{60'000};
    request.warn_signal = "SIGUSR2";
    request.warn_before = Millis{59'700};
    auto view = run(request);
    BOOST_TEST(view.exit_code.value_or(-1) == 9);
    request.warn_before = Millis{60'000};
    BOOST_TEST((refuse<job::Submit>(request).code == Errc::bad_request));
    request.time_limit.reset();
    BOOST_TEST((refuse<job::Submit>(request).code == Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(a_waiting_job_can_be_changed_and_a_running_one_cannot) {
    auto request = program({"/bin/true"});
    request.hold = true;
    auto id = submit(request);
    BOOST_TEST(ctl({"set", text_of(id), "--priority", "-3", "--name", "soon", "--time-limit", "10s",
                    "--retries", "2"})
                   .code == 0);
    restart();
    auto view = status(id);
    BOOST_TEST(view.priority == -3);
    BOOST_TEST(view.name.value_or("") == "soon");
    BOOST_TEST(view.max_retries == 2U);
    auto running = start(endless());
    BOOST_TEST((refuse<job::Set>({.id = running, .priority = 1}).code == Errc::conflict));
    BOOST_TEST((refuse<job::Set>({.id = running + 1, .priority = 1}).code == Errc::not_found));
    BOOST_TEST((refuse<job::Set>({.id = id, .gpus = 3}).code == Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(a_dry_run_says_what_would_become_of_a_submit_and_queues_nothing) {
    BOOST_TEST(ctl({"submit", "--dry-run", "--", "true"}).out == "it would be taken\n");
    BOOST_TEST(ctl({"submit", "--dry-run", "--gpus", "1", "--", "true"}).code == 2);
    BOOST_TEST(call<job::List>().total == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
