// The executor against a systemd that does what the test says. Against the real one it is tried in
// tests/package.
#include "daemon/exec/systemd_executor.h"

#include <signal.h>

#include "tests/daemon/exec/stage.h"

namespace ccd::exec {
namespace {

BOOST_FIXTURE_TEST_SUITE(systemd_executor, Stage)

BOOST_AUTO_TEST_CASE(a_process_is_known_by_the_unit_it_lies_in_however_deep) {
    std::vector units{std::string{"user@1000.service"}, unit_name(attempt_of(7)),
                      std::string{"inner.scope"}};
    BOOST_TEST((executor->owner_of(units, {}) == attempt_of(7)));
    units = {"ccd-job-beef-7-1.service", "other.service"};
    BOOST_TEST(!executor->owner_of(units, {}).has_value());
    BOOST_TEST(!executor->owner_of({}, {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_unit_that_a_user_has_named_so_is_no_job_of_the_machines) {
    scope = Scope::machine;
    come();
    std::vector units{unit_name(attempt_of(7))};
    BOOST_TEST((executor->owner_of(units, {}) == attempt_of(7)));
    units.insert(units.begin(), "user@1000.service");
    BOOST_TEST(!executor->owner_of(units, {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_is_reported_started_and_ended_as_its_unit_is) {
    auto job = running();
    BOOST_TEST(reported<Started>(job)->main_pid == 77);
    systemd.end(unit_name(job), CLD_EXITED, 3);
    BOOST_TEST((await<Ended>(job).exit_code == 3));
}

BOOST_AUTO_TEST_CASE(an_attempt_is_its_own_from_the_start_to_the_report_of_its_end) {
    auto job = running();
    BOOST_TEST((executor->attempts() == std::vector{job}));
    systemd.end(unit_name(job), CLD_EXITED, 0);
    await<Ended>(job);
    BOOST_TEST(executor->attempts().empty());
}

BOOST_AUTO_TEST_CASE(a_job_that_ends_at_once_is_missed_by_nobody) {
    auto job = started();
    systemd.end(unit_name(job), CLD_EXITED, 0);
    BOOST_TEST((await<Ended>(job).exit_code == 0));
}

BOOST_AUTO_TEST_CASE(an_error_that_may_pass_is_the_executors) {
    systemd.refusal = FakeSystemd::Refusal{.name = passing_error};
    BOOST_TEST(await<NeverBegan>(start()).reason ==
               "the service manager cannot start it: as the test wants");
}

BOOST_AUTO_TEST_CASE(an_error_that_cannot_pass_is_the_jobs_and_stands_in_its_log) {
    systemd.refusal = FakeSystemd::Refusal{.name = "org.freedesktop.systemd1.BadUnitSetting"};
    auto job = start();
    BOOST_TEST(await<NotStarted>(job).exit_code == 125);
    BOOST_TEST(last_line(read_file(folder / "1.log")) ==
               "ccd: the service manager refuses it: as the test wants");
}

BOOST_AUTO_TEST_CASE(a_unit_that_is_there_already_is_the_attempt) {
    systemd.refusal =
        FakeSystemd::Refusal{.name = "org.freedesktop.systemd1.UnitExists", .is_carried_out = true};
    auto job = started();
    systemd.begin(unit_name(job));
    await<Started>(job);
}

BOOST_AUTO_TEST_CASE(nothing_is_begun_before_the_manager_is_reached) {
    open();
    // At once, so that nothing is begun in the turn in which it is adopted.
    BOOST_TEST(away == "the service manager has not been reached yet");
    until([&] { return away.empty(); });
}

BOOST_AUTO_TEST_CASE(a_manager_that_says_nothing_for_long_is_away_until_it_answers) {
    patience = Millis{20};
    open();
    until([&] { return away.empty(); });
    systemd.refusal = FakeSystemd::Refusal{.is_carried_out = true};
    auto job = started();
    until([&] { return !away.empty(); });
    BOOST_TEST(away.starts_with("the service manager has not answered for "));
    // What it says at last goes for the job, too.
    systemd.hang_up();
    until([&] { return away.empty(); });
    systemd.begin(unit_name(job));
    await<Started>(job);
}

BOOST_AUTO_TEST_CASE(without_a_job_nothing_is_asked_to_be_told) {
    BOOST_TEST(!systemd.is_subscribed);
    idle_after = Millis{1};
    open();
    until([&] { return away.empty(); });
    for (int status : {0, 1}) {
        auto job = running();
        BOOST_TEST(systemd.is_subscribed);
        systemd.end(unit_name(job), CLD_EXITED, status);
        await<Ended>(job);
        executor->release(job);
        until([&] { return !systemd.is_subscribed; });
    }
}

BOOST_AUTO_TEST_CASE(two_hundred_jobs_at_once_each_keep_their_own_end) {
    std::vector<Attempt> all;
    for (int i = 0; i < 200; ++i) all.push_back(start());
    until([&] { return systemd.units.size() == all.size(); });
    for (std::size_t i = 0; i < all.size(); ++i)
        systemd.end(unit_name(all[i]), CLD_EXITED, static_cast<std::int32_t>(i));
    for (std::size_t i = 0; i < all.size(); ++i)
        BOOST_TEST((await<Ended>(all[i]).exit_code == static_cast<std::int32_t>(i)));
}

BOOST_AUTO_TEST_CASE(an_executor_may_go_with_all_its_calls_under_way) {
    for (int i = 0; i < 100; ++i) start();
    executor.reset();
    open();
    until([&] { return away.empty(); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
