// What owners ask of their jobs: signals, changes, another try.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;
using namespace std::chrono_literals;

struct Changes : Story {
    job::Id running_job(std::uint32_t retries = 0) {
        auto job = row(alice, 1);
        job.options.edit().max_retries = retries;
        job.options.edit().retry_delay = 10s;
        job.options.edit().retry_on = ~0U;
        auto id = submit(job);
        run(id);
        return id;
    }
    // As the store has it.
    store::JobRow finished(State as) {
        store::JobRow job = row(alice, 1);
        job.id = 40;
        job.options.edit().max_retries = 2;
        job.progress.attempt = 3;
        job.progress.state = as;
        job.progress.run.edit().exit_code = 1;
        job.progress.run.edit().finished_at = now.wall;
        return job;
    }
};

BOOST_FIXTURE_TEST_SUITE(changes_suite, Changes)

BOOST_AUTO_TEST_CASE(a_failed_attempt_is_tried_again_after_its_back_off) {
    auto id = running_job(1);
    end(id, {.exit_code = 7});
    BOOST_TEST((state(id) == State::retrying));
    BOOST_TEST(last_progress(id).retries_left == 0U);
    BOOST_TEST(last_progress(id).run->exit_code.value() == 7);
    BOOST_TEST(service.ledger.view().at(0).jobs.empty());
    BOOST_TEST(service.jobs.blockers(*service.jobs.find(id), now).front().kind == "back-off");
    now = now + 7s;
    settle();
    BOOST_TEST((state(id) == State::retrying));
    now = now + 6s;
    settle();
    BOOST_TEST((state(id) == State::starting));
    BOOST_TEST(last_progress(id).attempt == 2U);
    BOOST_TEST(!last_progress(id).run->exit_code.has_value());
    run(id);
    end(id, {.exit_code = 8});
    BOOST_TEST((state(id) == State::failed));
    BOOST_TEST(last_progress(id).run->exit_code.value() == 8);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_started_is_tried_again_too) {
    auto job = row(alice, 1);
    job.options.edit().max_retries = 1;
    job.options.edit().retry_on = ~0U;
    auto id = submit(job);
    end(id, {.kind = Outcome::Kind::not_started, .exit_code = 127, .reason = "no such program"});
    BOOST_TEST((state(id) == State::retrying));
    BOOST_TEST((last_progress(id).retries_left == 0U));
}

BOOST_AUTO_TEST_CASE(a_back_off_goes_on_over_a_restart) {
    auto id = running_job(1);
    end(id, {.exit_code = 7});
    store::JobRow waiting = service.jobs.find(id)->row;
    load({waiting}, {.last_job = id});
    settle();
    BOOST_TEST((state(id) == State::retrying));
    now = now + 13s;
    settle();
    BOOST_TEST((state(id) == State::starting));
}

BOOST_AUTO_TEST_CASE(who_follows_it_waits_for_its_last_attempt) {
    auto id = running_job(1);
    auto job = row(alice, 1);
    job.options.edit().after = {id};
    auto second = submit(job);
    end(id, {.exit_code = 7});
    BOOST_TEST((state(second) == State::queued));
    now = now + 13s;
    settle();
    run(id);
    end(id, {.exit_code = 0});
    BOOST_TEST((state(second) == State::starting));
}

BOOST_AUTO_TEST_CASE(who_is_cancelled_is_not_tried_again) {
    auto id = running_job(3);
    BOOST_TEST(service.jobs.cancel({.ids = {id}}, alice, now).has_value());
    settle();
    // It ended by itself before the signal reached it.
    end(id, {.exit_code = 7});
    BOOST_TEST((state(id) == State::failed));

    auto other = running_job(3);
    end(other, {.exit_code = 7});
    BOOST_TEST(service.jobs.cancel({.ids = {other}}, alice, now).has_value());
    settle();
    BOOST_TEST((state(other) == State::cancelled));
    now = now + 24h;
    settle();
    BOOST_TEST((state(other) == State::cancelled));
}

BOOST_AUTO_TEST_CASE(who_is_cancelled_while_its_time_is_over_is_not_tried_again_either) {
    auto job = row(alice, 1);
    job.time_limit = 1h;
    auto& options = job.options.edit();
    options.max_retries = job.progress.retries_left = 3;
    options.retry_on = store::bit_of(job::RetryOn::timed_out);
    auto id = submit(std::move(job));
    run(id);
    now = now + 1h;
    settle();
    BOOST_TEST(service.jobs.cancel({.ids = {id}}, alice, now).has_value());
    settle();
    end(id, {.signal = 15, .cause = Outcome::Cause::stop});
    BOOST_TEST((state(id) == State::timed_out));
}

BOOST_AUTO_TEST_CASE(a_signal_reaches_a_running_job_of_ones_own) {
    auto id = running_job();
    BOOST_TEST(service.jobs.signal(id, 10, alice).has_value());
    effects = settle();
    BOOST_TEST(count<SignalAttempt>() == 1U);
    BOOST_TEST((service.jobs.signal(id, 10, bob).error().code == Errc::denied));
    BOOST_TEST((service.jobs.signal(id + 1, 10, alice).error().code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(what_does_not_run_cannot_be_sent_a_signal) {
    auto id = submit(row(alice, 1));
    BOOST_TEST((service.jobs.signal(id, 10, alice).error().code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(a_warning_comes_before_the_time_limit) {
    auto job = row(alice, 1);
    job.time_limit = 1h;
    job.options.edit().warn_signal = 12;
    job.options.edit().warn_before = 10min;
    auto id = submit(job);
    run(id);
    now = now + 49min;
    effects = settle();
    BOOST_TEST(count<SignalAttempt>() == 0U);
    now = now + 1min;
    effects = settle();
    BOOST_TEST(count<SignalAttempt>() == 1U);
    BOOST_TEST(count<StopAttempt>() == 0U);
    now = now + 10min;
    effects = settle();
    BOOST_TEST(count<SignalAttempt>() == 0U);
    BOOST_TEST(count<StopAttempt>() == 1U);
}

BOOST_AUTO_TEST_CASE(nobody_is_warned_who_has_ended) {
    auto job = row(alice, 1);
    job.time_limit = 1h;
    job.options.edit().warn_signal = 12;
    job.options.edit().warn_before = 10min;
    auto id = submit(job);
    run(id);
    end(id, {.exit_code = 0});
    now = now + 2h;
    effects = settle();
    BOOST_TEST(effects.empty());
}

BOOST_AUTO_TEST_CASE(a_waiting_job_can_be_changed_and_stands_where_it_then_belongs) {
    running_job();
    running_job();
    auto first = submit(row(alice, 1));
    auto second = submit(row(alice, 1));
    auto changed = service.jobs.find(second)->row;
    changed.progress.priority = 1;
    changed.name = "now";
    BOOST_TEST(service.jobs.edit(changed, alice, now).has_value());
    settle();
    BOOST_TEST(service.jobs.position(*service.jobs.find(second), now) == 1U);
    BOOST_TEST(service.jobs.position(*service.jobs.find(first), now) == 2U);
    BOOST_TEST(std::ranges::count_if(written, [](const store::Write& write) {
                   return std::holds_alternative<store::JobEdit>(write);
               }) == 1);
}

BOOST_AUTO_TEST_CASE(a_change_that_can_never_run_is_refused_and_changes_nothing) {
    running_job();
    running_job();
    auto id = submit(row(alice, 1));
    auto changed = service.jobs.find(id)->row;
    changed.gpu_count = 3;
    BOOST_TEST((service.jobs.edit(changed, alice, now).error().code == Errc::bad_request));
    BOOST_TEST(service.jobs.find(id)->row.gpu_count == 1U);
}

BOOST_AUTO_TEST_CASE(a_running_job_cannot_be_changed) {
    auto id = running_job();
    auto changed = service.jobs.find(id)->row;
    changed.name = "other";
    BOOST_TEST((service.jobs.edit(changed, alice, now).error().code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(every_end_can_be_tried_again_by_hand_with_all_its_retries) {
    for (const auto& row : job::state_table) {
        if (!job::is_final(row.value)) continue;
        Story story;
        auto job = finished(row.value);
        story.load({}, {.last_job = 40});
        BOOST_TEST(story.service.jobs.retry({job}, "NEW=1", alice, story.now).has_value());
        story.settle();
        BOOST_TEST((story.state(40) == State::starting));
        BOOST_TEST(story.last_progress(40).attempt == 4U);
        BOOST_TEST(story.last_progress(40).retries_left == 2U);
        BOOST_TEST(!story.last_progress(40).run->finished_at.has_value());
        const auto* known = story.service.jobs.find(40);
        BOOST_TEST(*story.service.jobs.environment(known->row.environment) == "NEW=1");
    }
}

BOOST_AUTO_TEST_CASE(only_ones_own_and_only_what_has_ended_is_tried_again_by_hand) {
    load({}, {.last_job = 41});
    BOOST_TEST(
        (service.jobs.retry({finished(State::failed)}, "", bob, now).error().code == Errc::denied));
    BOOST_TEST((service.jobs.retry({finished(State::running)}, "", alice, now).error().code ==
                Errc::conflict));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_changed_in_its_back_off_is_tried_again_all_the_same) {
    auto id = running_job(1);
    end(id, {.exit_code = 7});
    BOOST_TEST((state(id) == State::retrying));
    auto row = service.jobs.find(id)->row;
    row.progress.priority = 1;
    BOOST_TEST(service.jobs.edit(row, alice, now).has_value());
    settle();
    now = now + 13s;
    settle();
    BOOST_TEST((state(id) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_named_twice_is_tried_again_once) {
    auto job = finished(State::failed);
    load({}, {.last_job = job.id, .finished_by_state = {0, 0, 0, 0, 0, 0, 1}});
    BOOST_TEST(service.jobs.retry({job, job}, "SECRET=1", alice, now).has_value());
    settle();
    auto stats = service.jobs.stats(now);
    BOOST_TEST(stats.failed == 0U);
    BOOST_TEST(stats.queued + stats.starting == 1U);
    auto id = job.id;
    run(id);
    end(id, {.exit_code = 0});
    // Nobody has the environment any more.
    auto was_erased = std::ranges::any_of(written, [](const auto& write) {
        return std::holds_alternative<store::EnvironmentErase>(write);
    });
    BOOST_TEST(was_erased);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_going_off_the_record_cannot_be_tried_again) {
    auto job = finished(State::failed);
    load({}, {.last_job = job.id, .finished_by_state = {0, 0, 0, 0, 0, 0, 1}});
    service.jobs.forget(job);
    BOOST_TEST((service.jobs.retry({job}, "", alice, now).error().code == Errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
