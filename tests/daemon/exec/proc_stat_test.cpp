#include "daemon/exec/proc_stat.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>

namespace ccd::exec {
namespace {

const std::string line = "42 (sh) S 7 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 9876 111 222\n";

BOOST_AUTO_TEST_SUITE(proc_stat)

BOOST_AUTO_TEST_CASE(parent_and_start_are_read) {
    auto stat = parse_stat(line);
    BOOST_REQUIRE(stat.has_value());
    BOOST_TEST(stat->parent == 7);
    BOOST_TEST(stat->start_ticks == 9876u);
}

BOOST_AUTO_TEST_CASE(a_name_that_looks_like_fields_changes_nothing) {
    auto stat = parse_stat("42 (a) S 1 (b) " + line.substr(line.find(')')));
    BOOST_REQUIRE(stat.has_value());
    BOOST_TEST(stat->parent == 7);
    BOOST_TEST(stat->start_ticks == 9876u);
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_before_the_start_is_refused) {
    for (std::size_t size = 0; size < line.find("9876"); ++size)
        BOOST_TEST(!parse_stat(line.substr(0, size)).has_value(), "size " << size);
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_refused) {
    BOOST_TEST(!parse_stat("42 (sh) S x 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 9876").has_value());
    BOOST_TEST(!parse_stat("42 (sh) S 7 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 98x6").has_value());
}

BOOST_AUTO_TEST_CASE(this_process_is_read) {
    auto stat = read_stat(getpid());
    BOOST_REQUIRE(stat.has_value());
    BOOST_TEST(stat->parent == getppid());
    BOOST_TEST(stat->start_ticks > 0u);
}

BOOST_AUTO_TEST_CASE(the_list_has_this_process_and_is_ascending) {
    ProcessList list;
    pid_t last = 0;
    bool is_there = false;
    while (auto pid = list.next()) {
        BOOST_TEST(*pid > last);
        last = *pid;
        is_there = is_there || *pid == getpid();
    }
    BOOST_TEST(is_there);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
