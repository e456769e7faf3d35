#include "ctl/cell.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using namespace std::chrono_literals;
using ctl::text_of;
using job::State;

const WallTime noon{Millis{1'772'366'400'000}};

BOOST_AUTO_TEST_SUITE(cell)

BOOST_AUTO_TEST_CASE(each_kind_of_value_has_its_text) {
    BOOST_TEST(text_of(true) == "yes");
    BOOST_TEST(text_of(std::uint64_t{17}) == "17");
    BOOST_TEST(text_of(-3) == "-3");
    BOOST_TEST(text_of(0.25) == "0.25");
    BOOST_TEST(text_of(12.3456) == "12.3");
    BOOST_TEST(text_of(1234567.8) == "1234568");
    BOOST_TEST(text_of(std::string{"a\nb"}) == "a?b");
    BOOST_TEST(text_of(Millis{125'000}) == "2m 5s");
    BOOST_TEST(text_of(24_GiB) == "24.0 GiB");
    BOOST_TEST(text_of(noon) == "2026-03-01T12:00:00.000Z");
    BOOST_TEST(text_of(State::timed_out) == "timed-out");
    BOOST_TEST(text_of(std::optional<std::uint32_t>{}) == "");
    BOOST_TEST(text_of(std::vector<std::uint64_t>{1, 2}) == "1, 2");
    BOOST_TEST(text_of(host::Slots{.used = 1, .max = 3}) == "1/3");
    BOOST_TEST(text_of(host::Quantiles{.p50 = 0.00012, .p99 = 2.5}) == "p50 120us p99 2.5s");
    BOOST_TEST(text_of(job::Blocker{.kind = "gpu", .message = "none free"}) ==
               "kind gpu  message none free");
}

BOOST_AUTO_TEST_CASE(a_command_line_is_shown_as_a_shell_would_take_it) {
    BOOST_TEST(ctl::command_line({"python3", "train.py", "--lr=0.1"}) ==
               "python3 train.py --lr=0.1");
    BOOST_TEST(ctl::command_line({"sh", "-c", "echo 'hi' > $X", ""}) ==
               "sh -c 'echo '\\''hi'\\'' > $X' ''");
    BOOST_TEST(ctl::command_line({"printf", "\x1b[2J"}) == "printf '?[2J'");
}

BOOST_AUTO_TEST_CASE(the_state_says_how_the_program_ended) {
    auto shown = [](State state, std::optional<std::int32_t> code,
                    std::optional<std::int32_t> signal) {
        return ctl::state_of({.state = state, .exit_code = code, .signal = signal});
    };
    BOOST_TEST(shown(State::running, {}, {}) == "running");
    BOOST_TEST(shown(State::succeeded, 0, {}) == "succeeded");
    BOOST_TEST(shown(State::failed, 1, {}) == "failed (1)");
    BOOST_TEST(shown(State::failed, {}, 11) == "failed (SEGV)");
    BOOST_TEST(shown(State::cancelled, {}, 15) == "cancelled (TERM)");
    BOOST_TEST(shown(State::failed, {}, 99) == "failed (99)");
    BOOST_TEST(ctl::state_of({.state = State::held, .confirmed = false}) == "held unconfirmed");
}

BOOST_AUTO_TEST_CASE(time_is_what_it_waits_then_what_it_runs_then_what_it_ran) {
    job::View job{.state = State::queued, .submitted_at = noon};
    BOOST_TEST(ctl::time_of(job, noon + 5s) == "5s");
    job.state = State::running;
    job.started_at = noon + 10s;
    BOOST_TEST(ctl::time_of(job, noon + 13s) == "3s");
    job.state = State::failed;
    job.finished_at = noon + 17s;
    BOOST_TEST(ctl::time_of(job, noon + 99s) == "7s");
    job.started_at.reset();
    BOOST_TEST(ctl::time_of(job, noon + 99s) == "");
}

BOOST_AUTO_TEST_CASE(a_clock_that_went_back_shows_no_negative_time) {
    BOOST_TEST(ctl::time_of({.state = State::queued, .submitted_at = noon}, noon - 5s) == "0s");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
