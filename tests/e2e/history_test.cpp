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

// 64 KiB of each output: 16 of its head, 32 of its tail.
struct Short : Stage {
    Short() : Stage({.cards = 0, .values = {"jobs.log_limit=64KiB"}}) {}

    // Prints a megabyte, and goes on when its gate is opened.
    job::Id start_long(const Pipe& gate) {
        return start(shell("echo head; yes middle | head -c 1000000; echo; echo tail; read go < " +
                           gate.path() + "; echo end"));
    }
    std::string logs(job::Id job, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"logs", std::to_string(job)});
        auto ran = ctl(more);
        BOOST_TEST(ran.code == 0, ran.err);
        return ran.out;
    }
    // Does the file system have holes?
    bool is_cut(job::Id job) {
        while (logs(job).find(" bytes left out ...]\n") == std::string::npos)
            if (daemon().log().find("jobs.log_limit") != std::string::npos) return false;
        return true;
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
    BOOST_TEST(refuse<job::Wait>({.ids = {job}}).message == refused.message);
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

BOOST_FIXTURE_TEST_CASE(of_a_long_output_the_head_and_the_tail_are_kept, Short) {
    Pipe gate{path("gate")};
    auto job = start_long(gate);
    if (is_cut(job)) {
        auto text = logs(job);
        BOOST_TEST(text.size() < 70'000U);
        BOOST_TEST(text.starts_with("head\nmiddle\n"));
        BOOST_TEST(text.ends_with("\ntail\n"));
        BOOST_TEST(logs(job, {"--tail", "1"}) == "tail\n");
        Ctl follower{line({"logs", std::to_string(job), "--follow"})};
        follower.hear("\ntail\n");
        gate.let_go();
        BOOST_TEST(follower.end().out == text + "end\n");
    } else {
        gate.let_go();
    }
    BOOST_TEST((wait(job).state == job::State::succeeded));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
