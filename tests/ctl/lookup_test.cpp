#include "ctl/lookup.h"

#include <boost/test/unit_test.hpp>

#include "tests/ctl/words.h"

namespace {

using namespace ccd;

std::string name_found(const std::string& line) {
    auto words = split(line);
    auto found = ctl::find_command(views(words));
    return found
               ? std::string{ctl::rows[found->row].info->name} + " " + std::to_string(found->words)
               : found.error().message;
}

BOOST_AUTO_TEST_SUITE(lookup)

BOOST_AUTO_TEST_CASE(jobs_and_the_host_are_meant_where_no_noun_is_said) {
    BOOST_TEST(name_found("submit true") == "job.submit 1");
    BOOST_TEST(name_found("job submit true") == "job.submit 2");
    BOOST_TEST(name_found("gpus") == "host.gpus 1");
    BOOST_TEST(name_found("host gpus") == "host.gpus 2");
    BOOST_TEST(name_found("admin drain") == "admin.drain 2");
}

BOOST_AUTO_TEST_CASE(names_are_looked_up_whole) {
    BOOST_TEST(name_found("sub true").starts_with("unknown command 'sub'"));
    BOOST_TEST(name_found("drain") == "unknown command 'drain'; see ccctl help");
    BOOST_TEST(name_found("job.submit").starts_with("unknown command"));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_answered_by_the_nearest_known) {
    BOOST_TEST(name_found("sumbit") == "unknown command 'sumbit'; did you mean submit?");
    BOOST_TEST(name_found("hlep") == "unknown command 'hlep'; did you mean help?");
    BOOST_TEST(name_found("amdin drain") == "unknown command 'amdin'; did you mean admin?");
    BOOST_TEST(
        name_found("admin drian") ==
        "admin: unknown verb 'drian', known are hello, check, drain, resume; did you mean drain?");
}

BOOST_AUTO_TEST_CASE(a_noun_alone_is_answered_by_its_verbs) {
    BOOST_TEST(name_found("admin") == "admin: a verb is missing: hello, check, drain, resume");
    BOOST_TEST(name_found("") == "a command is missing; see ccctl help");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
