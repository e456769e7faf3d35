// How attempts begin, and what is made of those that do not.
#include <unistd.h>

#include "tests/daemon/exec/stage.h"

namespace ccd::exec {
namespace {

using Blame = NeverBegan::Blame;

constexpr std::int32_t unknown_status = 234;

BOOST_FIXTURE_TEST_SUITE(beginning, Stage)

BOOST_AUTO_TEST_CASE(a_job_that_cannot_be_begun_is_put_off_alone_and_given_up_in_the_end) {
    auto id = ++jobs;
    for (std::uint32_t number = 1; number < Misstarts::tries; ++number) {
        auto job = misstarted(attempt_of(id, number), unknown_status);
        BOOST_TEST((await<NeverBegan>(job).blame == Blame::attempt));
        BOOST_TEST((reported<NeverBegan>(job)->pause == put_off * (1 << (number - 1))));
        BOOST_TEST(reported<NeverBegan>(job)->reason ==
                   "systemd could not start it: exit-code, status 234");
        executor->release(job);
        until([&] { return access(log_of(job).c_str(), F_OK) != 0; });
    }
    auto job = misstarted(attempt_of(id, Misstarts::tries), unknown_status);
    BOOST_TEST(await<NotStarted>(job).exit_code == 125);
    BOOST_TEST(last_line(read_file(log_of(job))) ==
               "ccd: systemd could not start it: exit-code, status 234");
}

BOOST_AUTO_TEST_CASE(what_fails_for_another_user_alike_is_the_executors) {
    BOOST_TEST((await<NeverBegan>(misstarted(attempt_of(++jobs), unknown_status)).blame ==
                Blame::attempt));
    uid = 1'000;
    BOOST_TEST((await<NeverBegan>(misstarted(attempt_of(++jobs), unknown_status)).blame ==
                Blame::executor));
}

BOOST_AUTO_TEST_CASE(what_fails_for_another_job_of_the_user_alike_is_the_users) {
    await<NeverBegan>(misstarted(attempt_of(++jobs), unknown_status));
    auto job = misstarted(attempt_of(++jobs), unknown_status);
    BOOST_TEST((await<NeverBegan>(job).blame == Blame::user));
    BOOST_TEST((reported<NeverBegan>(job)->pause == put_off));
}

BOOST_AUTO_TEST_CASE(where_the_shim_is_gone_it_is_the_executors_at_once) {
    BOOST_TEST(
        (await<NeverBegan>(misstarted(attempt_of(++jobs), exec_status)).blame == Blame::executor));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_put_off_is_told_at_once_and_has_nothing_meanwhile) {
    put_off = std::chrono::hours{1};
    open();
    until([&] { return away.empty(); });
    auto job = misstarted(attempt_of(++jobs), unknown_status);
    await_counted();
    BOOST_TEST_REQUIRE(reported<NeverBegan>(job) != nullptr);
    BOOST_TEST((reported<NeverBegan>(job)->pause == Misstarts::longest_pause));
    BOOST_TEST(executor->attempts().empty());
    executor->stop(job);
    executor->release(job);
    await_call("ResetFailedUnit " + unit_name(job));
}

BOOST_AUTO_TEST_CASE(what_was_put_off_while_the_store_was_away_is_told_again_when_it_is_back) {
    auto job = misstarted(attempt_of(++jobs), unknown_status);
    await<NeverBegan>(job);
    reports.clear();
    BOOST_TEST_REQUIRE(executor->adopt(std::vector<Expected>{{.attempt = job}}).has_value());
    BOOST_TEST(!await<NeverBegan>(job).reason.empty());
    BOOST_TEST((reported<NeverBegan>(job)->blame == Blame::attempt));
    executor->release(job);
    await_call("ResetFailedUnit " + unit_name(job));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_silent_about_a_user_is_about_his_jobs_alone) {
    scope = Scope::machine;
    uid = 3'999'999'999;
    // It is over before anybody can have answered.
    patience = Millis{0};
    put_off = Millis{1'000};
    open();
    until([&] { return away.empty(); });
    auto job = start();
    BOOST_TEST((await<NeverBegan>(job).blame == Blame::user));
    BOOST_TEST(reported<NeverBegan>(job)->reason ==
               "the directory of users has not answered for 0 s");
    BOOST_TEST((reported<NeverBegan>(job)->pause == put_off));
    BOOST_TEST(executor->attempts().empty());
}

BOOST_AUTO_TEST_CASE(the_machines_ccd_runs_a_job_as_its_user) {
    scope = Scope::machine;
    uid = 0;
    open();
    until([&] { return away.empty(); });
    auto job = started();
    BOOST_TEST(systemd.units[unit_name(job)].given["User"] == "0");
}

BOOST_AUTO_TEST_CASE(who_has_no_account_has_no_jobs_and_is_told_so) {
    scope = Scope::machine;
    uid = 3'999'999'999;
    open();
    until([&] { return away.empty(); });
    auto job = start();
    BOOST_TEST(await<NotStarted>(job).exit_code == 125);
    BOOST_TEST(last_line(read_file(log_of(job))) == "ccd: uid 3999999999 has no account here");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
