#include "ctl/value.h"

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "ccd/job.h"

namespace {

using namespace ccd;
using namespace std::chrono_literals;

template <class T>
T value_of(std::string_view text) {
    T value{};
    auto read = ctl::read(text, value);
    BOOST_TEST_REQUIRE(read.has_value(), text);
    return value;
}

template <class T>
bool is_refused(std::string_view text) {
    T value{};
    return !ctl::read(text, value).has_value();
}

BOOST_AUTO_TEST_SUITE(value)

BOOST_AUTO_TEST_CASE(each_type_is_read_in_its_own_way) {
    BOOST_TEST(value_of<std::string>(" as it is ") == " as it is ");
    BOOST_TEST(value_of<double>("-2.5") == -2.5);
    BOOST_TEST(value_of<std::int32_t>("-7") == -7);
    BOOST_TEST(value_of<Blob>("x").bytes == "x");
    BOOST_TEST((value_of<Millis>("1m") == 60s));
    BOOST_TEST((value_of<Bytes>("2GiB") == 2_GiB));
    BOOST_TEST((value_of<job::State>("timed-out") == job::State::timed_out));
    BOOST_TEST((value_of<std::optional<std::int32_t>>("0") == std::optional{0}));
    BOOST_TEST((value_of<std::vector<std::string>>("a,b") == std::vector<std::string>{"a,b"}));
    BOOST_TEST((value_of<std::vector<std::uint32_t>>("1,2") == std::vector<std::uint32_t>{1, 2}));
}

BOOST_AUTO_TEST_CASE(what_is_none_is_refused) {
    BOOST_TEST(is_refused<double>("1,5"));
    BOOST_TEST(is_refused<double>(""));
    BOOST_TEST(is_refused<std::uint32_t>("-1"));
    BOOST_TEST(is_refused<Millis>("5"));
    BOOST_TEST(is_refused<Bytes>("5MB"));
    BOOST_TEST(is_refused<WallTime>("tomorrow"));
    BOOST_TEST(is_refused<WallTime>("+soon"));
    BOOST_TEST(is_refused<job::State>("Failed"));
    BOOST_TEST(is_refused<std::vector<std::uint32_t>>("1,"));
}

BOOST_AUTO_TEST_CASE(a_moment_is_of_the_calendar_or_from_now) {
    BOOST_TEST((value_of<WallTime>("1970-01-01T00:00:01.500Z") == WallTime{1500ms}));
    auto clock = [] {
        return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
    };
    auto before = clock();
    auto moment = value_of<WallTime>("+1h");
    BOOST_TEST((moment >= before + 1h));
    BOOST_TEST((moment <= clock() + 1h));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
