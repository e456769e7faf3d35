#include "daemon/watchdog.h"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace ccd::daemon {
namespace {

struct Kennel {
    // Turns the loop until it has been fed this often, or the store asked this often.
    void run() { loop.run(); }

    Watchdog::Parts parts() {
        return {.ask_store =
                    [this](std::function<void()> on_answer) {
                        questions.push_back(std::move(on_answer));
                        if (answers_at_once) std::exchange(questions, {}).front()();
                        if (++asked == stop_at_question) loop.stop();
                    },
                .is_store_out =
                    [this] { return ++beats == stop_at_beat ? loop.stop(), is_out : is_out; },
                .feed = [this] { ++fed; }};
    }

    loop::Loop loop;
    std::vector<std::function<void()>> questions;
    bool answers_at_once = true;
    bool is_out = false;
    int asked = 0;
    int beats = 0;
    int fed = 0;
    int stop_at_question = 0;
    int stop_at_beat = 0;
};

BOOST_FIXTURE_TEST_SUITE(watchdog, Kennel)

BOOST_AUTO_TEST_CASE(it_is_fed_each_time_the_store_answers) {
    stop_at_question = 4;
    Watchdog watchdog(loop, Millis{3}, parts());
    run();
    BOOST_TEST(fed == 4);
}

BOOST_AUTO_TEST_CASE(a_store_that_says_nothing_starves_it_and_is_asked_once) {
    answers_at_once = false;
    stop_at_beat = 5;
    Watchdog watchdog(loop, Millis{3}, parts());
    run();
    BOOST_TEST(fed == 0);
    BOOST_TEST(questions.size() == 1U);
    // The answer comes after all.
    questions.front()();
    BOOST_TEST(fed == 1);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_known_to_be_out_does_not_count_against_us) {
    answers_at_once = false;
    is_out = true;
    stop_at_beat = 3;
    Watchdog watchdog(loop, Millis{3}, parts());
    run();
    BOOST_TEST(fed == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
