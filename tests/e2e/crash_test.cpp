// The daemon is killed at any moment: what it acknowledged is there, and has run exactly once.
//
// Each job appends its number to a file, so that a job that ran twice, or never, is seen.
#include <boost/test/unit_test.hpp>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

constexpr int jobs_in_a_round = 24;

// $CCD_E2E_KILLS, or enough for every test run.
int kills() {
    const char* given = std::getenv("CCD_E2E_KILLS");
    int count = 0;
    if (given != nullptr) std::from_chars(given, given + std::string_view{given}.size(), count);
    return count > 0 ? count : 20;
}

struct Load : Stage {
    Load() : Stage({.cards = 0, .values = {"jobs.max_running=12"}}) {}

    job::SubmitRequest request(const std::string& key) {
        auto code = std::to_string(expected_code(key));
        auto asked = shell("echo $CCD_JOB_ID >> ran; exit " + code);
        asked.key = key;
        return asked;
    }

    static int expected_code(const std::string& key) {
        return static_cast<int>(std::hash<std::string>{}(key) % 3);
    }

    // Sends this round's submits, and again those of which nothing was heard.
    void send(client::Client& client, int round) {
        note_called(job::Submit::info.name);
        for (int i = 0; i < jobs_in_a_round; ++i)
            unheard.push_back("round-" + std::to_string(round) + "-" + std::to_string(i));
        sent.clear();
        for (const auto& key : unheard) {
            auto msgid = client.send<job::Submit>(request(key));
            if (!msgid) return;
            sent.emplace_back(*msgid, key);
        }
    }

    // Takes up to so many replies; fewer if the daemon is gone.
    void hear(client::Client& client, std::size_t count) {
        for (; count > 0 && !sent.empty(); --count) {
            auto reply = client.receive<job::Submit>(sent.front().first);
            if (!reply) return;
            const auto& key = sent.front().second;
            auto [known, is_new] = acknowledged.emplace(key, reply->id);
            BOOST_TEST(known->second == reply->id);
            std::erase(unheard, key);
            sent.erase(sent.begin());
        }
    }

    void restart_and_check() {
        Stage::restart();
        for (const auto& [key, id] : acknowledged) {
            auto job = status(id);
            BOOST_TEST(job.key.value_or("") == key);
        }
    }

    // Everything has ended, once and well.
    void check_all() {
        for (const auto& key : unheard) acknowledged.emplace(key, submit(request(key)));
        std::map<std::string, int> ran;
        std::vector<job::Id> ids;
        for (const auto& [key, id] : acknowledged) {
            auto job = wait(id);
            BOOST_TEST(job.exit_code.value_or(-1) == expected_code(key));
            ids.push_back(id);
        }
        std::istringstream lines{read_file(path("ran"))};
        for (std::string line; std::getline(lines, line);) ++ran[line];
        for (auto id : ids)
            BOOST_TEST(ran[std::to_string(id)] == 1,
                       "job " << id << " ran " << ran[std::to_string(id)] << " times");
        BOOST_TEST(ran.size() == ids.size());
        BOOST_TEST(call<job::List>().total == ids.size());
    }

    std::map<std::string, job::Id> acknowledged;  // by key
    std::vector<std::string> unheard;
    std::vector<std::pair<std::uint64_t, std::string>> sent;  // msgid and key, in order
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(crash, Load, *boost::unit_test::timeout(1200))

BOOST_AUTO_TEST_CASE(every_acknowledged_submit_survives_and_runs_once_whenever_the_daemon_dies) {
    std::uint64_t last_seen = 0;
    for (int round = 0; round < kills(); ++round) {
        auto client = connect();
        auto watcher = connect();
        auto events = watcher.send<job::Events>({.since = last_seen, .job = {}});
        BOOST_TEST_REQUIRE(events.has_value());
        send(client, round);
        auto moment = static_cast<std::size_t>(round) * 7 % 60;
        if (round % 2 == 0) {
            hear(client, moment % sent.size());
        } else {
            for (std::size_t seen = 0; seen < moment; ++seen) {
                auto item = watcher.receive_item<job::Events>(*events);
                BOOST_TEST_REQUIRE((item && *item));
                BOOST_TEST((**item).seq == last_seen + 1);
                last_seen = (**item).seq;
            }
        }
        kill();
        // What got out before it died was acknowledged too.
        hear(client, sent.size());
        restart_and_check();
    }
    check_all();
}

BOOST_AUTO_TEST_CASE(a_daemon_that_dies_again_while_it_starts_loses_nothing) {
    auto client = connect();
    send(client, 0);
    hear(client, sent.size());
    for (int times = 0; times < 5; ++times) {
        kill();
        // Dead again as soon as it answers, while it still takes up what it found.
        restart();
    }
    restart_and_check();
    check_all();
}

BOOST_AUTO_TEST_SUITE_END()

// What is done to a job so that an event of this kind comes, and what becomes of it.
struct Moment {
    job::State event;
    std::string script;
    bool is_held = false;
    bool is_cancelled = false;
    Millis time_limit{0};
    job::State end = job::State::succeeded;
};

const std::vector<Moment> moments{
    {.event = job::State::held, .script = "true", .is_held = true},
    {.event = job::State::queued, .script = "true"},
    {.event = job::State::starting, .script = "true"},
    {.event = job::State::running, .script = "true"},
    {.event = job::State::running, .script = "sleep 0.3; exit 3", .end = job::State::failed},
    {.event = job::State::succeeded, .script = "true"},
    {.event = job::State::failed, .script = "exit 3", .end = job::State::failed},
    {.event = job::State::cancelled,
     .script = "exec sleep 100000",
     .is_cancelled = true,
     .end = job::State::cancelled},
    {.event = job::State::timed_out,
     .script = "exec sleep 100000",
     .time_limit = Millis{100},
     .end = job::State::timed_out},
};

BOOST_FIXTURE_TEST_SUITE(crash_at_an_event, Stage, *boost::unit_test::timeout(600))

BOOST_AUTO_TEST_CASE(a_daemon_that_dies_right_after_an_event_goes_on_from_there) {
    for (const auto& moment : moments) {
        auto request = shell("echo ran >> ran; " + moment.script);
        request.hold = moment.is_held;
        if (moment.time_limit.count() > 0) request.time_limit = moment.time_limit;
        write_file(path("ran"), "");
        auto watcher = connect();
        // From the first on: nobody says that it is heard before the submit.
        auto events = watcher.send<job::Events>({.since = 0});
        auto job = submit(request);
        if (moment.is_cancelled) {
            await(job, job::State::running);
            cancel(job);
        }
        for (std::optional<job::State> seen; seen != moment.event;) {
            auto item = watcher.receive_item<job::Events>(*events);
            BOOST_TEST_REQUIRE((item && *item));
            if ((**item).job == job) seen = (**item).to;
        }
        kill();
        restart();
        if (moment.is_held) {
            BOOST_TEST((status(job).state == job::State::held));
            call<job::Release>({.ids = {job}});
        }
        BOOST_TEST_CONTEXT("killed at " << to_string(moment.event)) {
            BOOST_TEST(to_string(wait(job).state) == to_string(moment.end));
            BOOST_TEST(read_file(path("ran")) == "ran\n");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
