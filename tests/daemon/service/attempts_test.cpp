// What becomes of an attempt.
#include <boost/test/unit_test.hpp>

#include "daemon/service/reason.h"
#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;
using Kind = Outcome::Kind;

struct Attempts : Story {
    job::Id running_job(std::optional<Millis> limit = {}) {
        auto job = row(alice, 1);
        job.time_limit = limit;
        auto id = submit(job);
        run(id);
        BOOST_TEST_REQUIRE((state(id) == State::running));
        return id;
    }
    void cancel(job::Id id) {
        BOOST_TEST(service.jobs.cancel({.ids = {id}, .reason = "why not"}, alice, now).has_value());
        effects = settle();
    }
};

BOOST_FIXTURE_TEST_SUITE(attempts_suite, Attempts)

BOOST_AUTO_TEST_CASE(exit_code_0_is_success_and_anything_else_is_not) {
    auto good = running_job();
    end(good, {.exit_code = 0});
    BOOST_TEST((state(good) == State::succeeded));
    BOOST_TEST(last_progress(good).reason.view().empty());

    auto bad = running_job();
    end(bad, {.exit_code = 3});
    BOOST_TEST((state(bad) == State::failed));
    BOOST_TEST(last_progress(bad).reason.view() == "exit code 3");
    BOOST_TEST(last_progress(bad).run->exit_code.value() == 3);

    auto killed = running_job();
    end(killed, {.signal = 9});
    BOOST_TEST((state(killed) == State::failed));
    BOOST_TEST(last_progress(killed).reason.view() == "signal 9 (SIGKILL)");
}

BOOST_AUTO_TEST_CASE(the_evidence_goes_and_the_card_is_free_only_with_the_end) {
    auto id = running_job();
    BOOST_TEST(service.ledger.view().at(0).jobs.size() == 1U);
    end(id, {.exit_code = 0});
    BOOST_TEST(count<ReleaseAttempt>() == 1U);
    BOOST_TEST(service.ledger.view().at(0).jobs.empty());
}

BOOST_AUTO_TEST_CASE(what_waited_for_the_card_starts_when_it_is_free) {
    auto first = running_job();
    auto second = running_job();
    auto third = submit(row(alice, 1));
    BOOST_TEST((state(third) == State::queued));
    end(first, {.exit_code = 0});
    BOOST_TEST((state(third) == State::starting));
    BOOST_TEST(count<StartAttempt>() == 1U);
    BOOST_TEST((state(second) == State::running));
}

BOOST_AUTO_TEST_CASE(what_was_taken_for_running_and_never_began_has_failed) {
    auto id = running_job();
    end(id, {.kind = Kind::never_began, .reason = "cannot fork"});
    BOOST_TEST((state(id) == State::failed));
    BOOST_TEST(last_progress(id).reason.view() == "cannot fork");
}

BOOST_AUTO_TEST_CASE(while_the_executor_can_start_nothing_nothing_is_started_and_it_says_why) {
    auto id = submit(row(alice, 1));
    service.jobs.set_paused("the disk is full");
    service.jobs.ended(id, 1, {.kind = Kind::never_began, .reason = "the disk is full"}, now);
    effects = settle();
    BOOST_TEST((state(id) == State::queued));
    BOOST_TEST(last_progress(id).reason.view() == "the disk is full");
    BOOST_TEST(count<StartAttempt>() == 0U);
    auto blockers = service.jobs.blockers(*service.jobs.find(id), now);
    BOOST_TEST_REQUIRE(!blockers.empty());
    BOOST_TEST(blockers[0].kind == "executor");
    BOOST_TEST(blockers[0].message.find("the disk is full") != std::string::npos);

    service.jobs.set_paused("");
    effects = settle();
    BOOST_TEST((state(id) == State::starting));
    BOOST_TEST(count<StartAttempt>() == 1U);
}

BOOST_AUTO_TEST_CASE(a_cancel_is_on_disk_before_the_signal_and_ends_as_cancelled) {
    auto id = running_job();
    cancel(id);
    BOOST_TEST(count<StopAttempt>() == 1U);
    BOOST_TEST((last_progress(id).run->ending == store::Ending::cancel));
    BOOST_TEST((state(id) == State::running));
    end(id, {.signal = 15, .cause = Outcome::Cause::stop});
    BOOST_TEST((state(id) == State::cancelled));
    BOOST_TEST(last_progress(id).reason.view() == "cancelled by uid 1000: why not");
    BOOST_TEST(last_progress(id).run->signal.value() == 15);
}

BOOST_AUTO_TEST_CASE(a_job_that_ran_out_of_memory_says_how_much_it_had) {
    auto job = row(alice, 1);
    job.memory = 64_MiB;
    auto id = submit(job);
    run(id);
    end(id, {.signal = 9, .cause = Outcome::Cause::memory});
    BOOST_TEST((state(id) == State::failed));
    BOOST_TEST(last_progress(id).reason.view() == "oom: out of memory (it had 64 MiB)");
    BOOST_TEST(public_reason(last_progress(id)) == last_progress(id).reason.view());
}

BOOST_AUTO_TEST_CASE(a_limit_that_the_executor_has_kept_meanwhile_ends_as_timed_out) {
    auto id = running_job(Millis{60'000});
    end(id, {.signal = 15, .cause = Outcome::Cause::time_limit});
    BOOST_TEST((state(id) == State::timed_out));
    BOOST_TEST(last_progress(id).reason.view() == "its time limit was over");
}

BOOST_AUTO_TEST_CASE(a_job_that_somebody_ended_through_the_service_manager_says_so) {
    auto id = running_job();
    end(id, {.signal = 15, .cause = Outcome::Cause::manager});
    BOOST_TEST((state(id) == State::failed));
    BOOST_TEST(last_progress(id).reason.view() ==
               "the service manager was told to end it, or ended itself");
    auto polite = running_job();
    end(polite, {.exit_code = 0, .cause = Outcome::Cause::manager});
    BOOST_TEST((state(polite) == State::failed));
}

BOOST_AUTO_TEST_CASE(a_job_that_had_ended_by_itself_was_not_cancelled) {
    auto id = running_job();
    cancel(id);
    end(id, {.exit_code = 0});
    BOOST_TEST((state(id) == State::succeeded));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_starting_is_cancelled_once_it_has_begun) {
    auto id = submit(row(alice, 1));
    cancel(id);
    BOOST_TEST(count<StopAttempt>() == 1U);
    run(id);
    end(id, {.signal = 15, .cause = Outcome::Cause::stop});
    BOOST_TEST((state(id) == State::cancelled));
}

BOOST_AUTO_TEST_CASE(a_time_limit_ends_a_job_when_it_has_run_that_long) {
    auto id = running_job(Millis{60'000});
    now = now + std::chrono::seconds{59};
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 0U);
    BOOST_TEST((service.tick(now).value() == now.time + std::chrono::seconds{1}));
    now = now + std::chrono::seconds{1};
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 1U);
    end(id, {.signal = 15, .cause = Outcome::Cause::stop});
    BOOST_TEST((state(id) == State::timed_out));
    BOOST_TEST(!service.tick(now).has_value());
}

BOOST_AUTO_TEST_CASE(a_time_limit_counts_from_the_start_also_over_a_restart) {
    auto job = row(alice, 1);
    job.id = 1;
    job.time_limit = Millis{60'000};
    job.progress = {
        .state = State::running,
        .attempt = 1,
        .run = store::JobRun{.gpus = {"GPU-a"}, .started_at = now.wall - std::chrono::seconds{40}}};
    load({job}, {.last_job = 1});
    run(1);
    BOOST_TEST((service.tick(now).value() == now.time + std::chrono::seconds{20}));
}

BOOST_AUTO_TEST_CASE(a_stepped_calendar_ends_no_job) {
    running_job(Millis{60'000});
    now.wall += std::chrono::hours{48};
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 0U);
    // Nor when the store has been away meanwhile, and everything is loaded again.
    auto row = service.jobs.find(1)->row;
    load({row}, {.last_job = 1});
    service.jobs.started(1, 1, row.progress.run->started_at.value(), now);
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 0U);
    now = now + Millis{60'000};
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 1U);
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_executed_has_failed_with_its_code) {
    auto id = submit(row(alice, 1));
    end(id, {.kind = Kind::not_started, .exit_code = 127, .reason = "cannot run 'x': not found"});
    BOOST_TEST((state(id) == State::failed));
    BOOST_TEST(last_progress(id).run->exit_code.value() == 127);
    BOOST_TEST(last_progress(id).reason.view() == "cannot run 'x': not found");
}

BOOST_AUTO_TEST_CASE(what_never_began_is_queued_again_under_another_number) {
    auto id = submit(row(alice, 1));
    end(id, {.kind = Kind::never_began});
    BOOST_TEST((state(id) == State::starting));
    BOOST_TEST(service.jobs.find(id)->row.progress.attempt == 2U);
    BOOST_TEST(count<ReleaseAttempt>() == 1U);
    BOOST_TEST(count<StartAttempt>() == 1U);
}

BOOST_AUTO_TEST_CASE(what_never_began_and_was_cancelled_is_cancelled) {
    auto id = submit(row(alice, 1));
    cancel(id);
    end(id, {.kind = Kind::never_began});
    BOOST_TEST((state(id) == State::cancelled));
}

BOOST_AUTO_TEST_CASE(what_nobody_can_know_is_lost_never_success) {
    auto id = running_job();
    end(id, {.kind = Kind::lost, .exit_code = 0, .reason = "its shim was killed"});
    BOOST_TEST((state(id) == State::lost));
    auto starting = submit(row(alice, 1));
    end(starting, {.kind = Kind::lost, .reason = "the machine was restarted"});
    BOOST_TEST((state(starting) == State::lost));
}

BOOST_AUTO_TEST_CASE(an_end_found_after_a_crash_passes_through_running) {
    auto job = row(alice, 1);
    job.id = 1;
    job.progress = {
        .state = State::starting, .attempt = 1, .run = store::JobRun{.gpus = {"GPU-a"}}};
    load({job}, {.last_job = 1});
    end(1, {.exit_code = 0});
    BOOST_TEST((state(1) == State::succeeded));
    BOOST_TEST(service.events.last() == 2U);
    BOOST_TEST(last_progress(1).run->started_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_stop_that_a_crash_may_have_swallowed_is_sent_again) {
    auto job = row(alice, 1);
    job.id = 1;
    job.progress = {.state = State::running,
                    .attempt = 1,
                    .run = store::JobRun{.gpus = {"GPU-a"}, .ending = store::Ending::cancel}};
    load({job}, {.last_job = 1});
    service.jobs.started(1, 1, now.wall, now);
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_found_on_its_way_is_no_job_that_runs_and_its_time_has_not_begun) {
    auto job = row(alice, 1);
    job.id = 1;
    job.time_limit = Millis{60'000};
    job.progress = {
        .state = State::starting, .attempt = 1, .run = store::JobRun{.gpus = {"GPU-a"}}};
    load({job}, {.last_job = 1});
    service.jobs.beginning(1, 1);
    effects = settle();
    BOOST_TEST((state(1) == State::starting));
    BOOST_TEST(count<StopAttempt>() == 0U);
    now = now + std::chrono::hours{1};
    BOOST_TEST(!service.tick(now).has_value());
    run(1);
    BOOST_TEST((state(1) == State::running));
    BOOST_TEST((service.tick(now).value() == now.time + std::chrono::minutes{1}));
}

BOOST_AUTO_TEST_CASE(what_is_found_on_its_way_and_never_begins_is_queued_again) {
    auto job = row(alice, 1);
    job.id = 1;
    job.progress = {
        .state = State::starting, .attempt = 1, .run = store::JobRun{.gpus = {"GPU-a"}}};
    load({job}, {.last_job = 1});
    service.jobs.beginning(1, 1);
    settle();
    end(1, {.kind = Kind::never_began});
    BOOST_TEST((state(1) == State::starting));
    BOOST_TEST(service.jobs.find(1)->row.progress.attempt == 2U);
}

BOOST_AUTO_TEST_CASE(a_stop_of_what_is_found_on_its_way_is_sent_again) {
    auto job = row(alice, 1);
    job.id = 1;
    job.progress = {.state = State::starting,
                    .attempt = 1,
                    .run = store::JobRun{.gpus = {"GPU-a"}, .ending = store::Ending::cancel}};
    load({job}, {.last_job = 1});
    service.jobs.beginning(1, 2);
    service.jobs.beginning(2, 1);
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 0U);
    service.jobs.beginning(1, 1);
    effects = settle();
    BOOST_TEST(count<StopAttempt>() == 1U);
    end(1, {.kind = Kind::never_began});
    BOOST_TEST((state(1) == State::cancelled));
}

BOOST_AUTO_TEST_CASE(reports_of_an_earlier_attempt_change_nothing_but_are_let_go) {
    auto id = submit(row(alice, 1));
    end(id, {.kind = Kind::never_began});
    run(id);
    service.jobs.started(id, 1, now.wall, now);
    service.jobs.ended(id, 1, {.exit_code = 9}, now);
    effects = settle();
    BOOST_TEST((state(id) == State::running));
    BOOST_TEST(count<ReleaseAttempt>() == 1U);
    service.jobs.ended(77, 1, {.exit_code = 9}, now);
    effects = settle();
    BOOST_TEST(count<ReleaseAttempt>() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_acted_on_once_the_store_is_down) {
    service.jobs.set_draining(true);
    submit(row(alice, 1));
    service.jobs.set_draining(false);
    service.tick(now);
    BOOST_TEST(service.has_decided());
    service.store_is_down({.code = Errc::storage_unavailable, .message = "gone"});
    auto decided = service.take(service.current_batch());
    BOOST_TEST(decided.batch.empty());
    BOOST_TEST(decided.effects.empty());
}

BOOST_AUTO_TEST_CASE(an_end_that_is_heard_of_late_has_the_times_at_which_it_was) {
    auto began = now.wall;
    auto id = submit(row(alice, 1));
    now = now + std::chrono::hours{1};
    service.jobs.ended(
        id, 1, {.exit_code = 0, .at = began + Millis{5'000}, .began = began + Millis{10}}, now);
    settle();
    BOOST_TEST((last_progress(id).run->started_at.value() == began + Millis{10}));
    BOOST_TEST((last_progress(id).run->finished_at.value() == began + Millis{5'000}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
