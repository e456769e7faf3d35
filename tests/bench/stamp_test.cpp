#include "tests/bench/stamp.h"

#include <boost/test/unit_test.hpp>

#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::bench {

BOOST_AUTO_TEST_SUITE(stamp)

BOOST_AUTO_TEST_CASE(a_stamp_is_read_as_it_was_written) {
    auto directory = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-stamp");
    BOOST_TEST_REQUIRE(directory.has_value());
    auto now = monotonic_now();
    BOOST_TEST(write_stamp(*directory / "stamp", now).has_value());
    auto read = read_stamp(*directory / "stamp");
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST((*read == now));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_holds_no_stamp) {
    BOOST_TEST((read_stamp("/nonexistent/stamp").error().code == Errc::not_found));
    BOOST_TEST(!write_stamp("/nonexistent/stamp", monotonic_now()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench
