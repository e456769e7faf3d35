#include "ctl/reference.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

#include "ctl/completion.h"
#include "ctl/manual.h"

// What is printed from the command table also lies in the tree, for those who read it there.

namespace {

using namespace ccd;

std::string file(const std::string& path) {
    std::ifstream stream{CCD_SOURCE_DIR "/" + path};
    BOOST_TEST_REQUIRE(stream.good(), path);
    return {std::istreambuf_iterator<char>{stream}, {}};
}

// What stands between two marks.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    auto first = text.find(begin);
    auto last = text.find(end);
    BOOST_TEST_REQUIRE(first != text.npos);
    BOOST_TEST_REQUIRE(last != text.npos);
    first += begin.size();
    return text.substr(first, last - first);
}

BOOST_AUTO_TEST_SUITE(reference)

BOOST_AUTO_TEST_CASE(the_command_part_of_the_protocol_page_is_current) {
    auto part =
        between(file("docs/protocol.md"), "<!-- begin commands -->\n", "<!-- end commands -->\n");
    BOOST_TEST((part == ctl::reference()), "run `ccctl help --protocol` and paste");
}

BOOST_AUTO_TEST_CASE(the_command_part_of_the_man_page_is_current) {
    auto part = between(file("ctl/ccctl.1.scd"), "; begin commands\n", "; end commands\n");
    BOOST_TEST((part == ctl::manual()), "run `ccctl help --man` and paste");
}

BOOST_AUTO_TEST_CASE(the_completion_is_current) {
    BOOST_TEST((file("ctl/completion.bash") == ctl::completion()),
               "run `ccctl help --completion` and paste");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
