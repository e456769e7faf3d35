#include "tests/stress/batch_file.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace ccd::stress {

BOOST_AUTO_TEST_SUITE(batch_file)

BOOST_AUTO_TEST_CASE(every_so_many_th_line_is_broken_and_the_others_are_numbered) {
    BatchFile file{10, 4, "mark"};
    BOOST_TEST(file.size() == 10U);
    BOOST_TEST(file.good() == 8U);
    BOOST_TEST((file.broken() == std::vector<std::uint64_t>{4, 8}));
    BOOST_TEST(file.good_among(3) == 3U);
    BOOST_TEST(file.good_among(4) == 3U);
    BOOST_TEST(file.beginning(1) ==
               "{\"argv\": [\"/bin/true\", \"1\"], \"hold\": true, \"tag\": [\"mark\"]}\n");
    BOOST_TEST(std::ranges::count(file.beginning(10), '\n') == 10);
}

BOOST_AUTO_TEST_CASE(a_file_without_broken_lines_has_none) {
    BatchFile file{3, 0, "mark"};
    BOOST_TEST(file.broken().empty());
    BOOST_TEST(file.good() == 3U);
}

BOOST_AUTO_TEST_CASE(a_job_tells_its_line) {
    BOOST_TEST(BatchFile::line_of({"/bin/true", "17"}) == 17U);
    BOOST_TEST(BatchFile::line_of({"/bin/true"}) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
