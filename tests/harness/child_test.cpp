#include "tests/harness/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace ccd::harness {
namespace {

constexpr Millis long_enough{60'000};

Child idle() {
    auto child = Child::fork([] {
        for (;;) ::pause();
        return 0;
    });
    BOOST_TEST_REQUIRE(child.has_value());
    return *std::move(child);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child)

BOOST_AUTO_TEST_CASE(its_exit_code_is_what_it_returned) {
    auto child = Child::fork([] { return 7; });
    BOOST_TEST_REQUIRE(child.has_value());
    auto status = child->wait(long_enough);
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST(WEXITSTATUS(*status) == 7);
}

BOOST_AUTO_TEST_CASE(it_is_a_process_of_its_own) {
    const auto ours = ::getpid();
    auto child = Child::fork([ours] { return ::getpid() == ours ? 1 : 0; });
    BOOST_TEST_REQUIRE(child.has_value());
    BOOST_TEST(child->wait(long_enough).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(who_goes_on_has_not_ended) {
    auto child = idle();
    BOOST_TEST(!child.wait(Millis{0}).has_value());
    child.kill();
    BOOST_TEST(WTERMSIG(child.wait(Millis{0}).value_or(0)) == SIGKILL);
}

BOOST_AUTO_TEST_CASE(who_is_stopped_can_be_killed) {
    auto child = idle();
    child.send(SIGSTOP);
    BOOST_TEST(!child.wait(Millis{0}).has_value());
    child.kill();
    BOOST_TEST(WTERMSIG(child.wait(Millis{0}).value_or(0)) == SIGKILL);
}

BOOST_AUTO_TEST_CASE(another_takes_its_place) {
    auto child = idle();
    const auto first = child.pid();
    child = idle();
    BOOST_TEST(child.pid() != first);
    BOOST_TEST(::kill(first, 0) == -1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::harness
