// What is kept of jobs, how much and for how long.
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

namespace fs = std::filesystem;

struct Forgetful : Stage {
    Forgetful() : Stage({.cards = 0, .values = {"jobs.history=1s"}}) {}

    std::string log_of(job::Id job) {
        return daemon().directory() + "/state/logs/0/" + std::to_string(job) + ".1.log";
    }
    void wait_until_forgotten(job::Id job) {
        while (ask<job::Status>({.ids = {job}})) {
        }
        while (fs::exists(log_of(job))) {
        }
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(history, *boost::unit_test::timeout(300))

BOOST_FIXTURE_TEST_CASE(what_is_over_for_long_is_forgotten_with_its_output_and_its_key, Forgetful) {
    auto asked = shell("echo out");
    asked.key = "once";
    auto job = run(asked).id;
    auto waiting = program({"/bin/true"});
    waiting.hold = true;
    auto held = submit(waiting);
    wait_until_forgotten(job);
    auto refused = refuse<job::Status>({.ids = {job}});
    BOOST_TEST((refused.code == Errc::not_found));
    BOOST_TEST(refused.message == "job 1 is not on record any more");
    BOOST_TEST((refuse<job::Logs>({.id = job, .attempt = {}}).code == Errc::not_found));
    BOOST_TEST((status(held).state == job::State::held));
    BOOST_TEST(call<job::List>().total == 1U);
    BOOST_TEST(call<host::Stats>().jobs.succeeded == 0U);
    BOOST_TEST(call<job::Submit>(asked).created);
}

BOOST_FIXTURE_TEST_CASE(a_number_is_never_given_again_not_even_after_a_restart, Forgetful) {
    auto job = run(program({"/bin/true"})).id;
    BOOST_TEST(job == 1U);
    wait_until_forgotten(job);
    restart();
    BOOST_TEST(submit(program({"/bin/true"})) == 2U);
}

BOOST_FIXTURE_TEST_CASE(who_asks_for_events_that_are_gone_gets_a_gap_also_after_a_restart,
                        Forgetful) {
    auto job = run(program({"/bin/true"})).id;
    wait_until_forgotten(job);
    restart();
    auto client = connect();
    std::optional<job::Event> first;
    auto followed = client.follow<job::Events>({.since = 0, .job = {}}, [&](const auto& event) {
        first = event;
        return false;
    });
    BOOST_TEST(followed.has_value());
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(first->gap);
    BOOST_TEST(first->seq >= 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
