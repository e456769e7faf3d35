#include "daemon/service/transitions.h"

#include <boost/test/unit_test.hpp>
#include <set>

namespace ccd::service {
namespace {

using job::State;

BOOST_AUTO_TEST_SUITE(transitions_suite)

BOOST_AUTO_TEST_CASE(a_job_that_has_ended_can_only_be_queued_again) {
    for (const auto& from : job::state_table)
        for (const auto& to : job::state_table)
            if (job::is_final(from.value))
                BOOST_TEST(may_follow(from.value, to.value) == (to.value == State::queued));
}

BOOST_AUTO_TEST_CASE(no_state_follows_itself) {
    for (const auto& row : job::state_table) BOOST_TEST(!may_follow(row.value, row.value));
}

BOOST_AUTO_TEST_CASE(a_job_runs_only_after_its_start_was_promised) {
    for (const auto& from : job::state_table)
        BOOST_TEST(may_follow(from.value, State::running) == (from.value == State::starting));
}

BOOST_AUTO_TEST_CASE(success_is_only_said_of_what_ran) {
    for (const auto& from : job::state_table)
        BOOST_TEST(may_follow(from.value, State::succeeded) == (from.value == State::running));
}

BOOST_AUTO_TEST_CASE(every_state_can_be_reached_and_every_unfinished_one_left_for_an_end) {
    std::set<State> reached{State::held, State::queued};
    for (std::size_t n = 0; n < job::state_table.size(); ++n)
        for (const auto& row : transitions)
            if (reached.contains(row.from)) reached.insert(row.to);
    BOOST_TEST(reached.size() == job::state_table.size());

    std::set<State> ends;
    for (const auto& row : job::state_table)
        if (job::is_final(row.value)) ends.insert(row.value);
    for (std::size_t n = 0; n < job::state_table.size(); ++n)
        for (const auto& row : transitions)
            if (ends.contains(row.to)) ends.insert(row.from);
    BOOST_TEST(ends.size() == job::state_table.size());
}

BOOST_AUTO_TEST_CASE(the_table_lists_each_transition_once_and_says_why) {
    std::set<std::pair<State, State>> seen;
    for (const auto& row : transitions) {
        BOOST_TEST(seen.emplace(row.from, row.to).second);
        BOOST_TEST(!row.why.empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
