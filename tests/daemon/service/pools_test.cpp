// Pools and arrays: who waits for his own, and holds up nobody.
#include "daemon/service/pools.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;

struct Bounded : Story {
    Bounded() { sizes({{"license", 2}}); }

    void sizes(const Pools::Sizes& pools) { service.jobs.set_order({.pools = pools}, now); }
    store::JobRow in_pool(const std::string& pool = "license") {
        auto job = row(alice);
        job.pool = pool;
        return job;
    }
    store::JobRow in_array(job::Id array, std::uint32_t limit) {
        auto job = row(alice);
        job.array = array;
        job.array_limit = limit;
        return job;
    }
    std::string why(job::Id id) {
        std::string text;
        for (const auto& blocker : service.jobs.blockers(*service.jobs.find(id), now))
            text += (text.empty() ? "" : "; ") + blocker.kind + ": " + blocker.message;
        return text;
    }
};

BOOST_FIXTURE_TEST_SUITE(pools_suite, Bounded)

BOOST_AUTO_TEST_CASE(a_pool_runs_as_many_as_its_size_and_no_more) {
    auto first = submit(in_pool());
    auto second = submit(in_pool());
    auto third = submit(in_pool());
    BOOST_TEST((state(first) == State::starting));
    BOOST_TEST((state(second) == State::starting));
    BOOST_TEST((state(third) == State::queued));
    BOOST_TEST(why(third) == "pool: pool 'license': 2 of 2 run");
    end(first, {.exit_code = 0});
    BOOST_TEST((state(third) == State::starting));
    BOOST_TEST(why(third).empty());
}

BOOST_AUTO_TEST_CASE(a_full_pool_holds_up_nobody_else_and_reserves_nothing) {
    for (int i = 0; i < 3; ++i) submit(in_pool());
    auto other = submit(row(bob));
    BOOST_TEST((state(other) == State::starting));
    BOOST_TEST(!service.jobs.is_reserved(3));
}

BOOST_AUTO_TEST_CASE(an_array_runs_as_many_at_once_as_its_limit_says) {
    auto first = submit(in_array(10, 1));
    auto second = submit(in_array(10, 1));
    auto other = submit(in_array(20, 1));
    auto unlimited = submit(in_array(30, 0));
    BOOST_TEST((state(first) == State::starting));
    BOOST_TEST((state(second) == State::queued));
    BOOST_TEST((state(other) == State::starting));
    BOOST_TEST((state(unlimited) == State::starting));
    BOOST_TEST(why(second) == "array: array 10: 1 of 1 run");
    end(first, {.exit_code = 0});
    BOOST_TEST((state(second) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_pool_that_has_grown_lets_more_run) {
    for (int i = 0; i < 3; ++i) submit(in_pool());
    sizes({{"license", 3}});
    settle();
    BOOST_TEST((state(3) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_pool_that_is_gone_lets_nobody_run_and_says_so) {
    submit(in_pool());
    sizes({});
    auto waiting = submit(in_pool());
    BOOST_TEST((state(waiting) == State::queued));
    BOOST_TEST(why(waiting) == "pool: pool 'license' is no longer in the configuration");
    sizes({{"license", 2}});
    settle();
    BOOST_TEST((state(waiting) == State::starting));
}

BOOST_AUTO_TEST_CASE(the_figures_of_a_pool_are_its_size_its_queue_and_how_full_it_is) {
    sizes({{"license", 2}, {"empty", 5}});
    for (int i = 0; i < 5; ++i) submit(in_pool());
    auto stats = service.jobs.pool_stats();
    BOOST_TEST(stats.size() == 2U);
    BOOST_TEST(stats.at("license").size == 2U);
    BOOST_TEST(stats.at("license").queued == 3U);
    BOOST_TEST(stats.at("license").running == 2U);
    BOOST_TEST(stats.at("license").utilization == 1.0);
    BOOST_TEST(stats.at("empty").queued == 0U);
    BOOST_TEST(stats.at("empty").utilization == 0.0);
    BOOST_TEST(service.jobs.cancel({.ids = {3, 4, 5}}, alice, now).has_value());
    end(1, {.exit_code = 0});
    stats = service.jobs.pool_stats();
    BOOST_TEST(stats.at("license").queued == 0U);
    BOOST_TEST(stats.at("license").utilization == 0.5);
}

BOOST_AUTO_TEST_CASE(who_runs_counts_also_after_the_daemon_has_begun_anew) {
    auto running = in_pool();
    running.id = 1;
    running.array = 1;
    running.array_limit = 1;
    running.progress = {
        .state = State::running, .attempt = 1, .run = store::JobRun{.started_at = now.wall}};
    auto waiting = running;
    waiting.id = 2;
    waiting.progress = {};
    load({running, waiting}, {.last_job = 2});
    settle();
    BOOST_TEST((state(2) == State::queued));
    BOOST_TEST(service.jobs.pool_stats().at("license").running == 1U);
    end(1, {.exit_code = 0});
    BOOST_TEST((state(2) == State::starting));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
