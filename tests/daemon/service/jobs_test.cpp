// Order, hold, release, cancel, drain, and beginning anew.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;

struct Control : Story {
    store::JobRow held() {
        auto job = row(alice);
        job.progress.state = State::held;
        return job;
    }
    store::JobRow inference() {
        auto job = row(alice, 1);
        job.job_class = job::Class::inference;
        job.progress.priority = 3;
        return job;
    }
};

BOOST_FIXTURE_TEST_SUITE(jobs_suite, Control)

BOOST_AUTO_TEST_CASE(of_a_burst_the_inference_jobs_start_first) {
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(service.jobs.submit(row(alice, 1), "", {}, alice, now).has_value());
    for (int i = 0; i < 30; ++i)
        BOOST_TEST(service.jobs.submit(inference(), "", {}, alice, now).has_value());
    std::vector<job::Id> started;
    for (const auto& effect : settle())
        if (const auto* start = std::get_if<StartAttempt>(&effect)) started.push_back(start->job);
    BOOST_TEST_REQUIRE(started.size() == 8U);
    for (std::size_t i = 0; i < 6; ++i) BOOST_TEST(started.at(i) > 10U);
    BOOST_TEST(started.at(6) == 1U);
    BOOST_TEST(started.at(7) == 2U);
}

BOOST_AUTO_TEST_CASE(a_held_job_starts_when_it_is_released) {
    auto id = submit(held());
    BOOST_TEST((state(id) == State::held));
    BOOST_TEST(service.jobs.blockers(*service.jobs.find(id), now).front().kind == "held");
    BOOST_TEST(service.jobs.release({.ids = {id}}, alice, now).has_value());
    settle();
    BOOST_TEST((state(id) == State::starting));
}

BOOST_AUTO_TEST_CASE(holding_takes_a_job_out_of_the_line) {
    service.jobs.set_draining(true);
    auto id = submit(row(alice));
    BOOST_TEST(service.jobs.hold({.ids = {id}}, alice, now).has_value());
    BOOST_TEST(service.jobs.hold({.ids = {id}}, alice, now).has_value());
    service.jobs.set_draining(false);
    settle();
    BOOST_TEST((state(id) == State::held));
}

BOOST_AUTO_TEST_CASE(a_running_job_cannot_be_held) {
    auto id = submit(row(alice));
    run(id);
    BOOST_TEST((service.jobs.hold({.ids = {id}}, alice, now).error().code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(cancelling_a_waiting_job_ends_it_at_once) {
    auto id = submit(held());
    BOOST_TEST(service.jobs.cancel({.ids = {id}, .reason = "wrong"}, alice, now).has_value());
    settle();
    BOOST_TEST((state(id) == State::cancelled));
    BOOST_TEST(last_progress(id).reason.view() == "cancelled by uid 1000: wrong");
}

BOOST_AUTO_TEST_CASE(one_bad_number_among_many_changes_nothing) {
    auto id = submit(held());
    auto foreign = held();
    foreign.uid = bob.uid;
    auto bobs = submit(foreign);
    BOOST_TEST(
        (service.jobs.cancel({.ids = {id, 99}}, alice, now).error().code == Errc::not_found));
    BOOST_TEST((service.jobs.cancel({.ids = {id, bobs}}, alice, now).error().code == Errc::denied));
    BOOST_TEST((state(id) == State::held));
    BOOST_TEST(service.jobs.cancel({.ids = {id, bobs, id}}, root, now).has_value());
}

BOOST_AUTO_TEST_CASE(a_finished_job_cannot_be_changed) {
    auto id = submit(row(alice));
    end(id, {.exit_code = 0});
    BOOST_TEST((service.jobs.cancel({.ids = {id}}, alice, now).error().code == Errc::conflict));
    BOOST_TEST((service.jobs.release({.ids = {id}}, alice, now).error().code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(draining_starts_nothing_and_outlives_a_reload) {
    service.set_draining(true);
    auto id = submit(row(alice));
    BOOST_TEST((state(id) == State::queued));
    BOOST_TEST(service.jobs.blockers(*service.jobs.find(id), now).front().kind == "drained");

    store::Snapshot committed;
    for (const auto& write : written)
        if (const auto* setting = std::get_if<store::SettingWrite>(&write))
            committed.settings.push_back(*setting);
    BOOST_TEST_REQUIRE(committed.settings.size() == 1U);
    load({}, committed);
    BOOST_TEST(service.jobs.is_draining());
    service.set_draining(false);
    load({});
    BOOST_TEST(!service.jobs.is_draining());
}

BOOST_AUTO_TEST_CASE(a_reload_begins_anew_from_what_is_committed) {
    auto queued = row(alice, 1);
    queued.id = 5;
    queued.submitted_at = now.wall;
    auto running = row(alice, 1);
    running.id = 4;
    running.progress = {
        .state = State::running,
        .priority = 5,
        .attempt = 1,
        .run = store::JobRun{.boot_id = "boot-1", .gpus = {"GPU-a"}, .started_at = now.wall}};
    submit(row(bob, 2));
    load({running, queued}, {.last_job = 7, .last_event = 20});
    settle();
    BOOST_TEST(service.jobs.find(1) == nullptr);
    BOOST_TEST((state(4) == State::running));
    BOOST_TEST((state(5) == State::starting));
    BOOST_TEST(service.jobs.find(5)->row.progress.run->gpus.at(0) == "GPU-b");
    BOOST_TEST(service.events.last() == 21U);
    auto stats = service.jobs.stats(now);
    BOOST_TEST(stats.running == 1U);
    BOOST_TEST(stats.starting == 1U);
    BOOST_TEST(submit(row(alice)) == 8U);
}

BOOST_AUTO_TEST_CASE(a_reload_twice_counts_nothing_twice) {
    auto running = row(alice, 1);
    running.id = 1;
    running.progress = {
        .state = State::running, .attempt = 1, .run = store::JobRun{.gpus = {"GPU-a"}}};
    load({running}, {.last_job = 1});
    load({running}, {.last_job = 1});
    BOOST_TEST(service.ledger.view().at(0).slots.at("training").used == 1U);
    end(1, {.exit_code = 0});
    BOOST_TEST(service.ledger.view().at(0).slots.at("training").used == 0U);
}

BOOST_AUTO_TEST_CASE(while_jobs_are_being_loaded_all_are_there_and_nothing_may_change) {
    for (int n = 0; n < 4; ++n) submit(row(alice, 1));
    auto rows = std::vector{service.jobs.find(1)->row, service.jobs.find(2)->row,
                            service.jobs.find(4)->row};
    rows[1].progress.priority = 2;
    service.load({.last_job = 4}, now);
    service.load_jobs({rows[0], rows[1]}, now);
    for (job::Id id = 1; id <= 4; ++id) BOOST_TEST(service.jobs.find(id) != nullptr);
    BOOST_TEST(service.jobs.find(2)->row.progress.priority == 2);
    BOOST_TEST((service.check_store().error().code == Errc::storage_unavailable));
    service.load_jobs({rows[2]}, now);
    // It was not on disk: it has ended there, or never came to be.
    BOOST_TEST(service.jobs.find(3) == nullptr);
    service.loaded(now);
    BOOST_TEST(service.check_store().has_value());
    BOOST_TEST(service.jobs.all().size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_comes_after_the_last_loaded_one_is_not_there_any_more) {
    auto first = submit(row(alice, 1));
    auto second = submit(row(alice, 1));
    run(second);
    auto row = service.jobs.find(first)->row;
    load({row}, {.last_job = first});
    BOOST_TEST(service.jobs.find(second) == nullptr);
    BOOST_TEST(service.jobs.all().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
