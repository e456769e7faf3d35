// Who goes first, over time: levels, ageing, shares.
#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using namespace std::chrono_literals;
using job::State;

struct Order : Story {
    Order() { service.jobs.set_order({.ageing = 1h, .share_half_life = 6h, .pools = {}}, now); }

    job::Id queue(const Caller& owner, std::int32_t priority = 5, std::uint32_t cards = 2) {
        auto job = row(owner, cards);
        job.progress.priority = priority;
        return submit(job);
    }
    // The one that has the cards.
    job::Id running() {
        BOOST_TEST_REQUIRE(service.jobs.alive().size() == 1U);
        return service.jobs.alive().begin()->first;
    }
    void next(Millis later) {
        now = now + later;
        end(running(), {.exit_code = 0});
    }
    std::size_t position(job::Id id) { return service.jobs.position(*service.jobs.find(id), now); }
};

BOOST_FIXTURE_TEST_SUITE(order_suite, Order)

BOOST_AUTO_TEST_CASE(
    a_less_urgent_job_never_starts_before_a_more_urgent_one_that_asks_for_the_same) {
    queue(alice);
    std::vector<job::Id> late;
    for (auto priority : {9, 2, 7, 2, 5}) late.push_back(queue(bob, priority));
    for (auto expected : {1, 3, 4, 2, 0}) {
        next(1s);
        BOOST_TEST(running() == late.at(static_cast<std::size_t>(expected)));
    }
}

BOOST_AUTO_TEST_CASE(who_has_waited_long_enough_overtakes_an_endless_stream_of_more_urgent_ones) {
    queue(alice, 3);
    auto patient = queue(bob, 5);
    int others = 0;
    for (; others < 100 && running() != patient; ++others) {
        queue(alice, 3);
        next(10min);
    }
    // Two levels, an hour each.
    BOOST_TEST(others >= 12);
    BOOST_TEST(others <= 13);
}

BOOST_AUTO_TEST_CASE(two_users_with_endless_queues_come_to_have_the_same) {
    service.jobs.set_order({.ageing = 0h, .share_half_life = 6h, .pools = {}}, now);
    std::map<std::uint32_t, Millis> had;
    for (int i = 0; i < 3; ++i) queue(alice);
    // Bob's jobs are short, so he has more of them.
    for (int i = 0; i < 3; ++i) queue(bob);
    for (int i = 0; i < 400; ++i) {
        auto uid = service.jobs.find(running())->row.uid;
        auto length = uid == alice.uid ? 30min : 10min;
        if (i >= 50) had[uid] += length;
        queue(uid == alice.uid ? alice : bob);
        next(length);
    }
    auto ratio =
        static_cast<double>(had[alice.uid].count()) / static_cast<double>(had[bob.uid].count());
    BOOST_TEST(ratio == 1.0, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(who_has_had_much_goes_behind_who_has_had_little_until_that_is_forgotten) {
    queue(alice);
    next(10h);
    BOOST_TEST(service.jobs.share(alice.uid, now) > 0.0);
    queue(root, 1);
    auto hers = queue(alice);
    auto his = queue(bob);
    BOOST_TEST(position(his) == 1U);
    BOOST_TEST(position(hers) == 2U);
    next(1s);
    BOOST_TEST(running() == his);
}

BOOST_AUTO_TEST_CASE(a_share_is_on_disk_with_the_end_of_a_job_that_had_cards_and_only_then) {
    queue(alice);
    auto settings = [&] {
        std::vector<store::SettingWrite> found;
        for (const auto& write : written)
            if (const auto* setting = std::get_if<store::SettingWrite>(&write))
                found.push_back(*setting);
        return found;
    };
    BOOST_TEST(settings().empty());
    next(100s);
    BOOST_TEST_REQUIRE(settings().size() == 1U);
    BOOST_TEST(settings().front().name == "share.1000");
    end(submit(row(alice)), {.exit_code = 0});
    BOOST_TEST(settings().size() == 1U);

    auto before = service.jobs.share(alice.uid, now);
    load({}, {.settings = settings(), .last_job = 2});
    BOOST_TEST(service.jobs.share(alice.uid, now) == before, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(what_still_runs_after_a_restart_is_charged_from_its_start) {
    auto job = row(alice, 2);
    job.id = 1;
    job.progress = {
        .state = State::running,
        .attempt = 1,
        .run = store::JobRun{.gpus = {"GPU-a", "GPU-b"}, .started_at = now.wall - 100s}};
    load({job}, {.last_job = 1});
    BOOST_TEST(service.jobs.share(alice.uid, now) == 200.0, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(jobs_of_one_line_start_in_the_order_of_their_submit_however_long_they_wait) {
    queue(alice);
    std::vector<job::Id> line;
    for (int i = 0; i < 20; ++i) {
        now = now + 17min;
        line.push_back(queue(alice));
    }
    for (auto id : line) {
        next(29min);
        BOOST_TEST(running() == id);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
