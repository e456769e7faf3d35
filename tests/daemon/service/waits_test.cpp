#include "daemon/service/waits.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

const Ticket waiter{3, 1};

struct Waiters : Story {
    void wait(std::vector<job::Id> ids, bool any = false) {
        auto added = service.waits.add(waiter, alice, {.ids = std::move(ids), .any = any});
        BOOST_TEST_REQUIRE(added.has_value());
        effects = settle();
    }
    static store::JobRow stored(job::Id id, job::State state) {
        store::JobRow row;
        row.id = id;
        row.progress.state = state;
        return row;
    }
};

BOOST_FIXTURE_TEST_SUITE(waits_suite, Waiters)

BOOST_AUTO_TEST_CASE(the_answer_is_asked_for_when_the_last_job_has_ended) {
    auto first = submit(row(alice));
    auto second = submit(row(alice));
    wait({first, second});
    BOOST_TEST(count<Ask>() == 0U);
    end(first, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 0U);
    end(second, {.exit_code = 1});
    BOOST_TEST(count<Ask>() == 1U);
    auto rows = service.waits.settle(waiter, {.jobs = {stored(first, job::State::succeeded),
                                                       stored(second, job::State::failed)}});
    BOOST_TEST_REQUIRE(rows.has_value());
    BOOST_TEST(rows->value().size() == 2U);
}

BOOST_AUTO_TEST_CASE(any_is_satisfied_by_the_first) {
    auto first = submit(row(alice));
    auto second = submit(row(alice));
    wait({first, second}, true);
    end(second, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 1U);
    auto rows = service.waits.settle(waiter, {.jobs = {stored(first, job::State::running),
                                                       stored(second, job::State::succeeded)}});
    BOOST_TEST(rows->has_value());
    end(first, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 0U);
}

BOOST_AUTO_TEST_CASE(jobs_that_are_not_here_are_looked_up_at_once) {
    wait({7});
    BOOST_TEST(count<Ask>() == 1U);
    auto rows = service.waits.settle(waiter, {});
    BOOST_TEST_REQUIRE(!rows.has_value());
    BOOST_TEST((rows.error().code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_finished_job_does_not_keep_who_waits_for_another) {
    auto running = submit(row(alice));
    wait({running, 7});
    BOOST_TEST(count<Ask>() == 1U);
    auto rows = service.waits.settle(
        waiter, {.jobs = {stored(7, job::State::succeeded), stored(running, job::State::running)}});
    BOOST_TEST(rows.has_value());
    BOOST_TEST(!rows->has_value());
    end(running, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_whose_end_is_not_on_disk_yet_is_looked_up_after_its_commit) {
    auto id = submit(row(alice));
    service.jobs.ended(id, 1, {.exit_code = 0, .at = now.wall}, now);
    auto ending = turn();
    BOOST_TEST(service.waits.add(waiter, alice, {.ids = {id}}).has_value());
    auto asking = turn();
    BOOST_TEST(asking.effects.size() == 1U);
    BOOST_TEST(!ending.batch.empty());
}

BOOST_AUTO_TEST_CASE(an_end_that_did_not_come_on_record_is_waited_for_again) {
    auto id = submit(row(alice));
    wait({id});
    end(id, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 1U);
    // The commit failed, and the store still says what it said before.
    auto job = row(alice);
    job.id = id;
    job.progress.state = job::State::running;
    job.progress.attempt = 1;
    service.store_is_down({.code = Errc::storage_unavailable, .message = "the disk is full"});
    load({job}, {.last_job = id});
    // It ends again, and only this end is one.
    end(id, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 1U);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_older_than_an_end_does_not_keep_who_waits) {
    auto first = submit(row(alice));
    auto second = submit(row(alice));
    wait({7, first, second});
    BOOST_TEST(count<Ask>() == 1U);
    end(first, {.exit_code = 0});
    // What the store said before that end.
    BOOST_TEST(!service.waits
                    .settle(waiter, {.jobs = {stored(7, job::State::succeeded),
                                              stored(first, job::State::running),
                                              stored(second, job::State::running)}})
                    .value()
                    .has_value());
    effects = settle();
    BOOST_TEST(count<Ask>() == 1U);
    BOOST_TEST(!service.waits
                    .settle(waiter, {.jobs = {stored(7, job::State::succeeded),
                                              stored(first, job::State::succeeded),
                                              stored(second, job::State::running)}})
                    .value()
                    .has_value());
    end(second, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_whose_submit_is_not_on_disk_yet_is_waited_for) {
    auto submitted = service.jobs.submit(row(alice), "", {}, alice, now);
    BOOST_TEST_REQUIRE(submitted.has_value());
    BOOST_TEST(service.waits.add(waiter, alice, {.ids = {1}}).has_value());
    effects = settle();
    BOOST_TEST(count<Ask>() == 1U);
    BOOST_TEST(!service.waits.settle(waiter, {.jobs = {stored(1, job::State::queued)}})
                    .value()
                    .has_value());
    end(1, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 1U);
}

BOOST_AUTO_TEST_CASE(a_connection_waits_for_so_many_jobs_in_all_and_for_no_more) {
    std::vector<job::Id> ids(Waits::ids_limit / 2, submit(row(alice)));
    auto add = [&](const Ticket& ticket) {
        return service.waits.add(ticket, alice, {.ids = ids}).has_value();
    };
    BOOST_TEST(add({3, 1}));
    BOOST_TEST(add({3, 2}));
    ids.resize(1);
    auto refused = service.waits.add({3, 3}, alice, {.ids = ids});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::over_limit));
    BOOST_TEST(add({4, 1}));
    // Who has been answered makes room, and so does who has gone.
    service.waits.forget(Ticket{3, 1});
    BOOST_TEST(add({3, 3}));
    service.forget(3);
    ids.resize(Waits::ids_limit, ids.front());
    BOOST_TEST(add({3, 4}));
}

BOOST_AUTO_TEST_CASE(who_has_been_refused_is_not_answered_again) {
    auto id = submit(row(alice));
    wait({id});
    service.waits.forget(waiter);
    end(id, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 0U);
}

BOOST_AUTO_TEST_CASE(who_has_gone_is_forgotten) {
    auto id = submit(row(alice));
    wait({id});
    service.forget(waiter.connection);
    end(id, {.exit_code = 0});
    BOOST_TEST(count<Ask>() == 0U);
    BOOST_TEST(!service.waits.settle(waiter, {}).value().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
