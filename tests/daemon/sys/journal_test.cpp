#include "daemon/sys/journal.h"

#include <array>
#include <boost/test/unit_test.hpp>

namespace ccd::sys {
namespace {

BOOST_AUTO_TEST_SUITE(journal)

BOOST_AUTO_TEST_CASE(a_field_is_its_name_the_length_and_the_value) {
    std::array fields{Field{"MESSAGE", "hello"}, Field{"CCD_JOB_ID", ""}};
    using namespace std::string_literals;
    BOOST_TEST((encode_entry(fields) ==
                "MESSAGE\n\5\0\0\0\0\0\0\0hello\nCCD_JOB_ID\n\0\0\0\0\0\0\0\0\n"s));
}

BOOST_AUTO_TEST_CASE(a_value_cannot_end_its_field) {
    std::array fields{Field{"MESSAGE", "a\nCCD_UID=0"}};
    BOOST_TEST(encode_entry(fields).size() == std::string_view{"MESSAGE\n"}.size() + 8 + 11 + 1);
}

BOOST_AUTO_TEST_CASE(without_the_managers_stream_there_is_no_journal) {
    BOOST_TEST(!has_journal());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::sys
