#include "ctl/ending.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using job::State;

struct Case {
    State state;
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> signal;
    int wanted;
};

BOOST_AUTO_TEST_SUITE(ending)

BOOST_AUTO_TEST_CASE(of_one_job_the_exit_code_is_passed_on_and_success_is_never_made_up) {
    for (const auto& row : {
             Case{State::succeeded, 0, {}, 0},
             Case{State::failed, 1, {}, 1},
             Case{State::failed, 125, {}, 125},
             Case{State::failed, {}, 9, 137},
             Case{State::failed, {}, {}, 1},
             Case{State::cancelled, {}, 15, 143},
             Case{State::cancelled, 0, {}, 1},
             Case{State::cancelled, 3, {}, 3},
             Case{State::cancelled, {}, {}, 1},
             Case{State::timed_out, {}, 15, 143},
             Case{State::timed_out, 0, {}, 208},
             Case{State::timed_out, {}, {}, 208},
             Case{State::lost, {}, {}, 210},
         }) {
        job::View job{.state = row.state, .exit_code = row.exit_code, .signal = row.signal};
        BOOST_TEST(ctl::exit_code_of(job) == row.wanted, to_string(row.state));
    }
}

BOOST_AUTO_TEST_CASE(every_end_but_success_is_a_failure) {
    for (const auto& row : job::state_table) {
        job::View job{.state = row.value};
        BOOST_TEST((ctl::exit_code_of(job) == 0) == (row.value == State::succeeded), row.name);
    }
}

BOOST_AUTO_TEST_CASE(of_several_jobs_those_that_have_ended_count) {
    auto code = [](std::initializer_list<State> states) {
        std::vector<job::View> jobs;
        for (auto state : states) jobs.push_back({.state = state});
        return ctl::exit_code_of(jobs);
    };
    BOOST_TEST(code({State::succeeded, State::succeeded}) == 0);
    BOOST_TEST(code({State::succeeded, State::failed}) == 1);
    BOOST_TEST(code({State::succeeded, State::running}) == 0);
    BOOST_TEST(code({State::cancelled, State::running}) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
