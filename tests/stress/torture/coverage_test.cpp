#include "tests/stress/torture/coverage.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using namespace ccd::stress;
using job::State;

const Caught begun{.moment = Moment::after,
                   .seq = 2,
                   .time = 1'700'000'000'123,
                   .job = 9,
                   .from = State::queued,
                   .to = State::starting};

BOOST_AUTO_TEST_SUITE(coverage)

BOOST_AUTO_TEST_CASE(a_line_is_read_as_it_was_written) {
    BOOST_TEST((parse_caught(to_line(begun)) == begun));
    Caught submitted{.moment = Moment::before, .seq = 1, .time = 5, .job = 9, .to = State::held};
    BOOST_TEST((parse_caught(to_line(submitted)) == submitted));
    BOOST_TEST(!parse_caught("before 1 2").has_value());
}

BOOST_AUTO_TEST_CASE(columns_are_taken_as_they_are_bound) {
    Caught caught{.moment = Moment::after};
    int column = 0;
    for (std::int64_t value : {std::int64_t{2}, std::int64_t{1'700'000'000'123}, std::int64_t{9},
                               std::int64_t{1}, std::int64_t{2}, std::int64_t{1}, std::int64_t{0}})
        set_column(caught, ++column, value);
    BOOST_TEST((caught == begun));
}

BOOST_AUTO_TEST_CASE(what_was_caught_is_not_wanted_any_more) {
    Coverage coverage;
    BOOST_TEST(is_wanted(coverage.wanted(), begun));
    coverage.add(begun);
    BOOST_TEST(!is_wanted(coverage.wanted(), begun));
    auto other = begun;
    other.moment = Moment::before;
    BOOST_TEST(is_wanted(coverage.wanted(), other));
    BOOST_TEST(coverage.is_wanted(State::queued, State::starting));
    coverage.add(other);
    BOOST_TEST(!coverage.is_wanted(State::queued, State::starting));
    BOOST_TEST(coverage.covered() == 2U);
    BOOST_TEST(!is_wanted("", begun));
    auto only = Coverage::only(Moment::after, State::queued, State::starting);
    BOOST_TEST(is_wanted(only, begun));
    BOOST_TEST(!is_wanted(only, other));
}

BOOST_AUTO_TEST_CASE(the_table_has_a_line_for_each_row) {
    Coverage coverage;
    coverage.add(begun);
    auto table = coverage.to_table({{.seq = 1, .job = 9, .from = begun.from, .to = begun.to}});
    BOOST_TEST(std::ranges::count(table, '\n') == static_cast<int>(Coverage::rows) + 1);
    BOOST_TEST(table.find("queued -> starting                 0      1          1\n") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_is_full_when_every_row_was_caught_at_both_moments) {
    Coverage coverage;
    for (const auto& row : service::transitions)
        for (auto moment : {Moment::before, Moment::after}) {
            BOOST_TEST(!coverage.is_full());
            coverage.add({.moment = moment, .from = row.from, .to = row.to});
        }
    BOOST_TEST(coverage.is_full());
    BOOST_TEST(coverage.missing().empty());
    coverage.add({.moment = Moment::before, .from = State::held, .to = State::running});
    BOOST_TEST(coverage.covered() == 2 * Coverage::rows);
}

BOOST_AUTO_TEST_CASE(what_is_on_record_proves_at_which_side_of_the_commit_it_was) {
    std::vector<job::Event> events{{.seq = 1, .job = 9, .to = State::queued},
                                   {.seq = 2,
                                    .time = WallTime{Millis{begun.time}},
                                    .job = 9,
                                    .from = State::queued,
                                    .to = State::starting}};
    BOOST_TEST(!contradiction(begun, events).has_value());
    auto before = begun;
    before.moment = Moment::before;
    BOOST_TEST(contradiction(before, events).has_value());
    // The same was done once more, later.
    events.back().time += Millis{1};
    BOOST_TEST(!contradiction(before, events).has_value());
    BOOST_TEST(contradiction(begun, events).has_value());
    events.pop_back();
    BOOST_TEST(contradiction(begun, events).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
