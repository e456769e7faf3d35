// When a job may stand in line: other jobs, times, holds.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;
using namespace std::chrono_literals;

struct Eligibility : Story {
    job::Id running_job() {
        auto id = submit(row(alice, 1));
        run(id);
        return id;
    }
    job::Id after(std::vector<job::Id> others) {
        auto job = row(alice, 1);
        job.options.edit().after = std::move(others);
        return submit(std::move(job));
    }
    job::Id after_any(std::vector<job::Id> others) {
        auto job = row(alice, 1);
        job.options.edit().after_any = std::move(others);
        return submit(std::move(job));
    }
    std::string kind_of_blocker(job::Id id) {
        auto blockers = service.jobs.blockers(*service.jobs.find(id), now);
        return blockers.empty() ? "" : blockers.front().kind;
    }
    // Asks the store, and is answered with these.
    Result<Submitted> answered(store::JobRow job, std::vector<store::JobRow> known) {
        auto asked = asks(std::move(job));
        auto submitted = answer(asked, std::move(known));
        if (!submitted) return tl::unexpected{submitted.error()};
        return submitted->value();
    }
    // What the store is asked for it.
    Ask asks(store::JobRow job) {
        auto submitted = service.jobs.submit(std::move(job), "", Ticket{}, alice, now);
        BOOST_TEST_REQUIRE(submitted.has_value());
        BOOST_TEST_REQUIRE(!submitted->has_value());
        return last_ask();
    }
    Ask last_ask() {
        for (auto& effect : settle())
            if (auto* ask = std::get_if<Ask>(&effect);
                ask != nullptr && std::holds_alternative<AskSubmit>(ask->purpose))
                return std::move(*ask);
        BOOST_FAIL("nothing was asked");
        return {};
    }
    Result<std::optional<Submitted>> answer(const Ask& ask, std::vector<store::JobRow> known) {
        return service.jobs.submit_checked(std::get<AskSubmit>(ask.purpose),
                                           {.jobs = std::move(known)}, Ticket{}, alice, now);
    }
    static std::vector<job::Id> ids_of(const Ask& ask) {
        return std::get<store::JobsById>(ask.query).ids;
    }
    store::JobRow ended(job::Id id, State state) {
        auto job = row(alice);
        job.id = id;
        job.progress.state = state;
        return job;
    }
};

BOOST_FIXTURE_TEST_SUITE(eligibility_suite, Eligibility)

BOOST_AUTO_TEST_CASE(a_job_starts_when_the_one_it_follows_has_succeeded) {
    auto first = running_job();
    auto second = after({first});
    BOOST_TEST((state(second) == State::queued));
    BOOST_TEST(kind_of_blocker(second) == "dependency");
    end(first, {.exit_code = 0});
    BOOST_TEST((state(second) == State::starting));
}

BOOST_AUTO_TEST_CASE(who_waits_for_many_is_told_the_first_of_them_and_how_many_more) {
    std::vector<job::Id> others;
    for (int i = 0; i < 32; ++i) others.push_back(submit(row(alice, 1)));
    auto last = after_any(others);
    auto blockers = service.jobs.blockers(*service.jobs.find(last), now);
    std::erase_if(blockers, [](const auto& blocker) { return blocker.kind != "dependency"; });
    BOOST_TEST_REQUIRE(blockers.size() == 11U);
    BOOST_TEST(blockers.front().message ==
               "waits for job " + std::to_string(others.front()) + " to end");
    BOOST_TEST(blockers.back().message == "waits for 22 more jobs");
}

BOOST_AUTO_TEST_CASE(its_start_and_the_end_before_it_are_in_one_batch) {
    auto first = running_job();
    auto second = after({first});
    service.jobs.ended(first, 1, {.exit_code = 0, .at = now.wall}, now);
    auto batch = turn().batch;
    auto is_of = [&](job::Id id) {
        return std::ranges::count_if(batch.writes, [&](const store::Write& write) {
            const auto* progress = std::get_if<store::ProgressWrite>(&write);
            return progress != nullptr && progress->id == id;
        });
    };
    BOOST_TEST(is_of(first) == 1);
    BOOST_TEST(is_of(second) == 1);
}

BOOST_AUTO_TEST_CASE(who_can_never_start_fails_with_the_reason_and_so_do_those_behind_it) {
    auto first = running_job();
    auto second = after({first});
    auto third = after({second});
    auto other = after_any({second});
    service.jobs.ended(first, 1, {.exit_code = 1, .at = now.wall}, now);
    // In the same turn, and so in the same commit.
    BOOST_TEST((service.jobs.find(second)->state() == State::failed));
    BOOST_TEST((service.jobs.find(third)->state() == State::failed));
    settle();
    BOOST_TEST(last_progress(second).reason.view() ==
               "job " + std::to_string(first) + ", which it was to follow, has ended as failed");
    BOOST_TEST((state(other) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_chain_of_any_length_ends_with_its_first) {
    service.jobs.set_max_queued_per_user(200'000);
    auto first = running_job();
    auto last = first;
    for (int i = 0; i < 50'000; ++i) {
        auto job = row(alice, 1);
        job.argv = {};  // it takes room
        job.cwd = {};
        job.options.edit().after = {last};
        auto submitted = service.jobs.submit(std::move(job), "", Ticket{}, alice, now);
        BOOST_TEST_REQUIRE((submitted.has_value() && submitted->has_value()));
        last = (*submitted)->id;
    }
    settle();
    end(first, {.exit_code = 1});
    BOOST_TEST((state(last) == State::failed));
}

BOOST_AUTO_TEST_CASE(a_held_job_fails_too_when_it_can_never_start) {
    auto first = running_job();
    auto second = after({first});
    BOOST_TEST(service.jobs.hold({.ids = {second}}, alice, now).has_value());
    settle();
    end(first, {.exit_code = 1});
    BOOST_TEST((state(second) == State::failed));
}

BOOST_AUTO_TEST_CASE(a_released_job_still_waits_for_the_others) {
    auto first = running_job();
    auto second = after({first});
    BOOST_TEST(service.jobs.hold({.ids = {second}}, alice, now).has_value());
    BOOST_TEST(service.jobs.release({.ids = {second}}, alice, now).has_value());
    settle();
    BOOST_TEST((state(second) == State::queued));
    end(first, {.exit_code = 0});
    BOOST_TEST((state(second) == State::starting));
}

BOOST_AUTO_TEST_CASE(who_is_submitted_behind_a_failed_job_fails_as_if_it_had_been_there_before) {
    auto first = running_job();
    service.jobs.ended(first, 1, {.exit_code = 1, .at = now.wall}, now);
    // Its end is not on disk yet.
    auto second = after({first});
    BOOST_TEST((state(second) == State::failed));

    store::JobRow failed{.id = first, .uid = alice.uid};
    failed.progress.state = State::failed;
    auto job = row(alice, 1);
    job.options.edit().after = {first};
    auto third = answered(job, {failed});
    BOOST_TEST_REQUIRE(third.has_value());
    settle();
    BOOST_TEST((state(third->id) == State::failed));
}

BOOST_AUTO_TEST_CASE(who_follows_a_finished_job_asks_the_store_and_starts) {
    auto first = running_job();
    end(first, {.exit_code = 0});
    store::JobRow succeeded{.id = first, .uid = alice.uid};
    succeeded.progress.state = State::succeeded;
    auto job = row(alice, 1);
    job.options.edit().after = {first};
    auto second = answered(job, {succeeded});
    BOOST_TEST_REQUIRE(second.has_value());
    settle();
    BOOST_TEST((state(second->id) == State::starting));
}

// The store answers behind what was on its way, so another may be gone from memory by then.
BOOST_AUTO_TEST_CASE(who_ends_while_the_store_is_asked_for_another_is_asked_for_too) {
    load({}, {.last_job = 9});
    auto second = running_job();
    auto job = row(alice);
    job.options.edit().after = {9, second};
    auto asked = asks(job);
    BOOST_TEST((ids_of(asked) == std::vector<job::Id>{9}));
    end(second, {.exit_code = 0});
    auto submitted = answer(asked, {ended(9, State::succeeded)});
    BOOST_TEST_REQUIRE(submitted.has_value());
    BOOST_TEST(!submitted->has_value());
    asked = last_ask();
    BOOST_TEST((ids_of(asked) == std::vector<job::Id>{9, second}));
    submitted = answer(asked, {ended(9, State::succeeded), ended(second, State::succeeded)});
    BOOST_TEST_REQUIRE(submitted.has_value());
    BOOST_TEST(submitted->has_value());
}

BOOST_AUTO_TEST_CASE(a_key_is_one_job_though_that_has_ended_before_the_same_is_taken_once_more) {
    load({}, {.last_job = 9});
    auto job = row(alice);
    job.key = "once";
    job.options.edit().after = {9};
    auto first = asks(job);
    auto second = asks(job);
    auto taken = answer(first, {ended(9, State::failed)});
    auto id = taken.value().value().id;
    settle();
    BOOST_TEST((service.jobs.find(id) == nullptr));
    BOOST_TEST(!answer(second, {ended(9, State::failed)}).value().has_value());
    second = last_ask();
    BOOST_TEST((ids_of(second) == std::vector<job::Id>{9, id}));
    auto kept = ended(id, State::failed);
    kept.key = "once";
    kept.request = std::get<AskSubmit>(second.purpose).row.request;
    auto again = answer(second, {ended(9, State::failed), kept});
    BOOST_TEST(again.value().value().id == id);
    BOOST_TEST(!again.value().value().created);
}

BOOST_AUTO_TEST_CASE(so_many_may_wait_for_one_at_most) {
    auto first = running_job();
    service.jobs.set_max_queued_per_user(1'000'000);
    auto job = row(alice);
    job.options.edit().after_any = {first};
    job.array_size = 10'000;
    auto submit_array = [&] {
        auto submitted = service.jobs.submit(job, "", Ticket{}, alice, now);
        turn();
        return submitted.has_value();
    };
    for (int i = 0; i < 10; ++i) BOOST_TEST(submit_array());
    BOOST_TEST(!submit_array());
}

BOOST_AUTO_TEST_CASE(a_time_that_has_come_keeps_nobody) {
    auto first = running_job();
    auto job = row(alice);
    job.progress.due = now.wall + 10s;
    job.options.edit().after = {first};
    auto id = submit(std::move(job));
    auto says_begin = [&] {
        return std::ranges::any_of(service.jobs.blockers(*service.jobs.find(id), now),
                                   [](const auto& one) { return one.kind == "begin"; });
    };
    BOOST_TEST(says_begin());
    now.time += 11s;
    now.wall += 11s;
    settle();
    BOOST_TEST(!says_begin());
    BOOST_TEST(kind_of_blocker(id) == "dependency");
}

BOOST_AUTO_TEST_CASE(who_is_no_longer_on_record_may_have_ended_but_nobody_knows_how) {
    auto first = running_job();
    end(first, {.exit_code = 0});
    auto job = row(alice, 1);
    job.options.edit().after = {first};
    BOOST_TEST((answered(job, {}).error().code == Errc::not_found));
    job.options.edit().after.clear();
    job.options.edit().after_any = {first};
    BOOST_TEST(answered(job, {}).has_value());
}

BOOST_AUTO_TEST_CASE(unknown_numbers_and_so_every_circle_are_refused) {
    auto first = running_job();
    for (auto other : {job::Id{0}, first + 1, first + 2, ~job::Id{0}}) {
        auto job = row(alice, 1);
        job.options.edit().after = {other};
        auto refused = service.jobs.submit(job, "", Ticket{}, alice, now);
        BOOST_TEST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().code == Errc::not_found));
    }
}

BOOST_AUTO_TEST_CASE(after_a_restart_it_waits_for_what_has_not_ended) {
    auto first = running_job();
    store::JobRow running = service.jobs.find(first)->row;
    store::JobRow waiting = row(alice, 1);
    waiting.id = 9;
    waiting.options.edit().after = {first, 4};  // 4 has succeeded, else this one would have ended
    load({running, waiting}, {.last_job = 9});
    settle();
    BOOST_TEST((state(9) == State::queued));
    service.jobs.started(first, 1, now.wall, now);
    end(first, {.exit_code = 0});
    BOOST_TEST((state(9) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_job_does_not_begin_before_its_time) {
    auto job = row(alice, 1);
    job.progress.due = now.wall + 1h;
    auto id = submit(job);
    BOOST_TEST(kind_of_blocker(id) == "begin");
    now = now + 59min;
    settle();
    BOOST_TEST((state(id) == State::queued));
    now = now + 1min;
    settle();
    BOOST_TEST((state(id) == State::starting));
}

BOOST_AUTO_TEST_CASE(the_clock_is_looked_at_again_within_a_minute_for_it_may_be_set) {
    auto job = row(alice, 1);
    job.progress.due = now.wall + 24h;
    submit(job);
    BOOST_TEST((service.tick(now).value() <= now.time + 1min));
    now.wall += 25h;
    settle();
    BOOST_TEST((state(1) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_time_in_the_past_has_come) {
    auto job = row(alice, 1);
    job.progress.due = now.wall - 1h;
    BOOST_TEST((state(submit(job)) == State::starting));
}

BOOST_AUTO_TEST_CASE(an_array_is_jobs_in_a_row_and_its_key_the_first_ones) {
    auto job = row(alice);
    job.key = "sweep";
    job.array_size = 3;
    job.array_index = 5;
    auto made = service.jobs.submit(job, "", Ticket{}, alice, now);
    BOOST_TEST_REQUIRE((made.has_value() && made->has_value()));
    auto first = (*made)->id;
    BOOST_TEST((*made)->count == 3U);
    settle();
    for (std::uint32_t i = 0; i < 3; ++i) {
        const auto& row = service.jobs.find(first + i)->row;
        BOOST_TEST(row.array == first);
        BOOST_TEST(row.array_index == 5 + i);
        BOOST_TEST(row.key.view() == (i == 0 ? "sweep" : ""));
    }
    auto again = service.jobs.submit(job, "", Ticket{}, alice, now);
    BOOST_TEST_REQUIRE((again.has_value() && again->has_value()));
    BOOST_TEST((*again)->id == first);
    BOOST_TEST(!(*again)->created);
    BOOST_TEST((*again)->count == 3U);
    job.array_size = 2;
    auto other = service.jobs.submit(job, "", Ticket{}, alice, now);
    BOOST_TEST((other.error().code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(an_array_that_is_over_the_limit_is_refused_whole) {
    service.jobs.set_max_queued_per_user(5);
    submit(row(alice));
    auto array = row(alice);
    array.array_size = 5;
    BOOST_TEST(
        (service.jobs.submit(array, "", Ticket{}, alice, now).error().code == Errc::over_limit));
    BOOST_TEST(service.jobs.all().size() == 1U);
    array.array_size = 4;
    BOOST_TEST(service.jobs.submit(array, "", Ticket{}, alice, now).has_value());
}

// The stories of a job that is tried again by hand, over a restart and without one.
BOOST_AUTO_TEST_CASE(who_runs_waits_for_nobody_whatever_becomes_of_those_it_followed) {
    auto first = submit(row(alice, 1));
    run(first);
    auto second = after({first});
    auto ended_first = service.jobs.find(first)->row;
    end(first, {.exit_code = 0});
    run(second);
    BOOST_TEST((state(second) == State::running));
    ended_first.progress = {.state = State::succeeded, .attempt = 1};
    BOOST_TEST(service.jobs.retry({ended_first}, "", alice, now).has_value());
    settle();
    load({service.jobs.find(first)->row, service.jobs.find(second)->row}, {.last_job = second});
    run(second);
    run(first);
    end(first, {.exit_code = 1});
    BOOST_TEST((state(first) == State::failed));
    BOOST_TEST((state(second) == State::running));
    end(second, {.exit_code = 0});
    BOOST_TEST((state(second) == State::succeeded));
}

BOOST_AUTO_TEST_CASE(who_is_tried_again_by_itself_waits_for_nobody_again) {
    auto first = running_job();
    auto job = row(alice);
    auto& options = job.options.edit();
    options.after = {first};
    options.max_retries = job.progress.retries_left = 1;
    auto second = submit(std::move(job));
    end(first, {.exit_code = 0});
    run(second);
    auto known = service.jobs.find(first) == nullptr ? ended(first, State::succeeded) : row(alice);
    known.gpu_count = 1;
    known.job_class = job::Class::training;
    BOOST_TEST(service.jobs.retry({known}, "", alice, now).has_value());
    settle();
    end(second, {.exit_code = 7});
    BOOST_TEST((state(second) == State::retrying));
    run(first);
    now.time += 1h;
    now.wall += 1h;
    settle();
    BOOST_TEST((state(second) == State::starting));
    end(first, {.exit_code = 7});
    BOOST_TEST((state(second) == State::starting));
}

BOOST_AUTO_TEST_CASE(who_has_not_begun_waits_again_for_a_job_that_is_tried_again) {
    for (auto is_restarted : {false, true}) {
        Story story;
        auto first = story.submit(story.row(alice, 1));
        story.run(first);
        auto second_row = story.row(alice, 1);
        second_row.options.edit().after = {first};
        second_row.progress.state = State::held;
        auto second = story.submit(second_row);
        auto ended_first = story.service.jobs.find(first)->row;
        story.end(first, {.exit_code = 0});
        ended_first.progress = {.state = State::succeeded, .attempt = 1};
        BOOST_TEST(story.service.jobs.retry({ended_first}, "", alice, story.now).has_value());
        story.settle();
        if (is_restarted)
            story.load({story.service.jobs.find(first)->row, story.service.jobs.find(second)->row},
                       {.last_job = second});
        BOOST_TEST(story.service.jobs.release({.ids = {second}}, alice, story.now).has_value());
        story.settle();
        BOOST_TEST((story.state(second) == State::queued));
        story.run(first);
        story.end(first, {.exit_code = 0});
        BOOST_TEST((story.state(second) == State::starting));
    }
}

BOOST_AUTO_TEST_CASE(an_array_that_waits_for_too_many_others_is_refused) {
    auto job = row(alice, 1);
    for (int i = 0; i < 50; ++i) job.options.edit().after.push_back(submit(row(alice)));
    job.array_size = 3'000;
    service.jobs.set_max_queued_per_user(10'000);
    auto refused = service.jobs.submit(job, "", Ticket{}, alice, now);
    BOOST_TEST((refused.error().code == Errc::over_limit));
    BOOST_TEST(refused.error().message.find("wait for") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
