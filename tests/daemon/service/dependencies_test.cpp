#include "daemon/service/dependencies.h"

#include <boost/test/unit_test.hpp>

namespace ccd::service {
namespace {

using Kind = Dependencies::Kind;
using Ids = std::vector<job::Id>;

BOOST_AUTO_TEST_SUITE(dependencies_suite)

BOOST_AUTO_TEST_CASE(the_last_end_that_was_waited_for_lets_a_job_start) {
    Dependencies dependencies;
    dependencies.add(3, {{1, Kind::success}, {2, Kind::any_end}});
    BOOST_TEST(dependencies.ended(1, true).met.empty());
    BOOST_TEST(dependencies.is_waiting(3));
    BOOST_TEST((dependencies.ended(2, false).met == Ids{3}));
    BOOST_TEST(!dependencies.is_waiting(3));
}

BOOST_AUTO_TEST_CASE(a_success_that_does_not_come_is_never_met) {
    Dependencies dependencies;
    dependencies.add(3, {{1, Kind::success}, {2, Kind::success}});
    dependencies.add(4, {{1, Kind::any_end}});
    auto decided = dependencies.ended(1, false);
    BOOST_TEST((decided.never == Ids{3}));
    BOOST_TEST((decided.met == Ids{4}));
    // It is waited for no more.
    auto later = dependencies.ended(2, true);
    BOOST_TEST((later.met.empty() && later.never.empty()));
}

BOOST_AUTO_TEST_CASE(what_has_ended_before_is_not_waited_for) {
    Dependencies dependencies;
    dependencies.add(3, {{1, Kind::success, true}, {2, Kind::success}});
    BOOST_TEST(dependencies.waits_for(3).size() == 1U);
    BOOST_TEST(dependencies.ended(1, false).never.empty());
    BOOST_TEST((dependencies.ended(2, true).met == Ids{3}));
}

BOOST_AUTO_TEST_CASE(what_is_tried_again_is_waited_for_again) {
    Dependencies dependencies;
    dependencies.add(3, {{1, Kind::success}, {2, Kind::success, true}});
    BOOST_TEST(dependencies.begun_again(2).empty());  // it waited before
    BOOST_TEST(dependencies.ended(1, true).met.empty());
    BOOST_TEST((dependencies.ended(2, true).met == Ids{3}));
    BOOST_TEST((dependencies.begun_again(1) == Ids{3}));
    BOOST_TEST(dependencies.is_waiting(3));
    BOOST_TEST(dependencies.begun_again(1).empty());
    BOOST_TEST((dependencies.ended(1, false).never == Ids{3}));
}

BOOST_AUTO_TEST_CASE(who_is_removed_waits_for_nobody) {
    Dependencies dependencies;
    dependencies.add(2, {{1, Kind::success}});
    dependencies.remove(2);
    BOOST_TEST(!dependencies.is_waiting(2));
    BOOST_TEST(dependencies.ended(1, true).met.empty());
    BOOST_TEST(dependencies.begun_again(1).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
