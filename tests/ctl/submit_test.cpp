#include "ctl/submit.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <utility>

namespace {

using namespace ccd;
using Words = std::vector<std::string>;

const ctl::Surroundings here{
    .environment = {"HOME=/home/alice", "PATH=/bin"}, .cwd = "/srv/project", .umask = 027};

job::SubmitRequest completed(ctl::Parsed<job::Submit> parsed) {
    auto request = ctl::completed(parsed, here);
    BOOST_TEST_REQUIRE(request.has_value());
    return *request;
}

BOOST_AUTO_TEST_SUITE(submit)

BOOST_AUTO_TEST_CASE(a_job_takes_its_surroundings_along) {
    auto request = completed({.request = {.argv = {"true"}}});
    BOOST_TEST((request.env == here.environment));
    BOOST_TEST(request.cwd == "/srv/project");
    BOOST_TEST(request.umask == 027U);
}

BOOST_AUTO_TEST_CASE(what_env_gives_stands_over_the_environment_and_the_last_counts) {
    auto request = completed({.request = {.env = {"PATH=/opt", "NEW=1=2", "NEW=3"}}});
    BOOST_TEST((request.env == Words{"HOME=/home/alice", "PATH=/opt", "NEW=3"}));
}

BOOST_AUTO_TEST_CASE(a_clean_environment_has_only_what_env_gives) {
    auto request = completed({.request = {.env = {"A="}}, .local = {.clean_env = true}});
    BOOST_TEST((request.env == Words{"A="}));
}

BOOST_AUTO_TEST_CASE(an_env_without_a_name_or_a_value_is_refused) {
    for (auto variable : {"NAME", "=value", ""}) {
        auto refused = ctl::completed({.request = {.env = {variable}}}, here);
        BOOST_TEST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().code == Errc::bad_request));
        BOOST_TEST(refused.error().message.find("NAME=VALUE") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(paths_are_made_whole_from_where_the_command_is_given) {
    auto request = completed({.request = {.cwd = "sub", .stdin_file = "in.txt"}});
    BOOST_TEST(request.cwd == "/srv/project/sub");
    BOOST_TEST(request.stdin_file.value() == "/srv/project/in.txt");
    request = completed({.request = {.cwd = "/tmp", .stdin_file = "/dev/zero"}});
    BOOST_TEST(request.cwd == "/tmp");
    BOOST_TEST(request.stdin_file.value() == "/dev/zero");
}

BOOST_AUTO_TEST_CASE(every_submit_has_a_key_and_no_two_the_same_one) {
    auto first = completed({}).key.value();
    auto second = completed({}).key.value();
    BOOST_TEST(first.size() == 32U);
    BOOST_TEST(first.find_first_not_of("0123456789abcdef") == first.npos);
    BOOST_TEST(first != second);
    BOOST_TEST(completed({.request = {.key = "mine"}}).key.value() == "mine");
}

BOOST_AUTO_TEST_CASE(the_surroundings_are_those_of_the_process) {
    ::setenv("CCD_SUBMIT_TEST", "a=b", 1);
    auto mask = ::umask(0123);
    auto here_and_now = ctl::surroundings_of_process();
    BOOST_TEST(::umask(mask) == 0123U);  // it is left as it was
    ::unsetenv("CCD_SUBMIT_TEST");
    BOOST_TEST_REQUIRE(here_and_now.has_value());
    BOOST_TEST(here_and_now->umask == 0123U);
    BOOST_TEST(std::ranges::count(here_and_now->environment, "CCD_SUBMIT_TEST=a=b") == 1);
    BOOST_TEST(here_and_now->cwd.starts_with('/'));
}

BOOST_AUTO_TEST_CASE(a_variable_without_a_name_stays_behind) {
    std::string nameless{"=x=1"}, valueless{"WORD"}, good{"GOOD=1"};
    std::array<char*, 4> variables{nameless.data(), valueless.data(), good.data(), nullptr};
    auto** ours = std::exchange(::environ, variables.data());
    auto here_and_now = ctl::surroundings_of_process();
    ::environ = ours;
    BOOST_TEST((here_and_now.value().environment == Words{"GOOD=1"}));
}

BOOST_AUTO_TEST_CASE(its_own_failures_are_told_from_the_job_s_only_where_that_matters) {
    BOOST_TEST(ctl::failure_base(ctl::Parsed<job::Submit>{}) == 0);
    BOOST_TEST(ctl::failure_base(ctl::Parsed<job::Submit>{.local = {.wait = true}}) == 200);
    BOOST_TEST(ctl::failure_base(ctl::Parsed<job::Submit>{.local = {.follow = true}}) == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
