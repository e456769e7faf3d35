#include "ctl/selector.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using Ids = std::vector<job::Id>;

Ids selected(std::string_view text) {
    Ids ids;
    auto done = ctl::select(text, ids);
    BOOST_TEST_REQUIRE(done.has_value(), (done ? "" : done.error().message));
    return ids;
}

Error refusal(std::string_view text) {
    Ids ids;
    auto done = ctl::select(text, ids);
    BOOST_TEST_REQUIRE(!done.has_value());
    return done.error();
}

BOOST_AUTO_TEST_SUITE(selector)

BOOST_AUTO_TEST_CASE(numbers_and_ranges_are_joined_by_commas) {
    BOOST_TEST((selected("17") == Ids{17}));
    BOOST_TEST((selected("5-8") == Ids{5, 6, 7, 8}));
    BOOST_TEST((selected("1,3,5-8") == Ids{1, 3, 5, 6, 7, 8}));
    BOOST_TEST((selected("4-4") == Ids{4}));
    BOOST_TEST((selected("last") == Ids{ctl::last_job}));
    BOOST_TEST((selected("3,last") == Ids{3, ctl::last_job}));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_named_twice_is_meant_once) {
    BOOST_TEST((selected("3,1-4,3") == Ids{3, 1, 2, 4}));
}

BOOST_AUTO_TEST_CASE(what_names_no_job_is_refused_in_a_sentence) {
    for (auto text : {"", "x", "0", "1,,2", "1,", "Last", "9223372036854775808", "1.5"})
        BOOST_TEST(refusal(text).message.find("names no job") != std::string::npos, text);
    for (auto text : {"-", "1-", "-1", "1-x", "1-2-3", "1-last"})
        BOOST_TEST((refusal(text).code == Errc::bad_request), text);
    BOOST_TEST(refusal("8-5").message == "the range '8-5' ends before it begins");
}

BOOST_AUTO_TEST_CASE(so_many_at_once_and_no_more) {
    BOOST_TEST(selected("1-1000").size() == 1'000U);
    auto refused = refusal("1-1001");
    BOOST_TEST((refused.code == Errc::over_limit));
    BOOST_TEST(refused.message.find("1001 jobs; at most 1000") != std::string::npos);
    BOOST_TEST((refusal("1-9223372036854775807").code == Errc::over_limit));
    BOOST_TEST((refusal("1-600,2001-2600").code == Errc::over_limit));
}

BOOST_AUTO_TEST_CASE(where_one_job_is_needed_several_are_refused) {
    job::Id one = 0;
    BOOST_TEST(ctl::select("17", one).has_value());
    BOOST_TEST(one == 17U);
    auto refused = ctl::select("5-8", one);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message == "'5-8' names 4 jobs; one is needed here");
}

BOOST_AUTO_TEST_CASE(the_newest_job_takes_the_place_of_last_and_stands_there_once) {
    Ids ids{ctl::last_job, 17};
    BOOST_TEST(ctl::replace(ids, ctl::last_job, ctl::last_job));
    BOOST_TEST(ctl::replace(ids, ctl::last_job, 17));
    BOOST_TEST((ids == Ids{17}));
    BOOST_TEST(!ctl::replace(ids, ctl::last_job, ctl::last_job));
    std::optional<job::Id> none;
    BOOST_TEST(!ctl::replace(none, ctl::last_job, 1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
