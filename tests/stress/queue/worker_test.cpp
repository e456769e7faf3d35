#include "tests/stress/queue/worker.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

constexpr Millis long_enough{60'000};

Worker idle() {
    auto worker = Worker::start([] {
        for (;;) ::pause();
        return 0;
    });
    BOOST_TEST_REQUIRE(worker.has_value());
    return *std::move(worker);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(worker)

BOOST_AUTO_TEST_CASE(its_exit_code_is_what_it_returned) {
    auto worker = Worker::start([] { return 7; });
    BOOST_TEST_REQUIRE(worker.has_value());
    auto status = worker->wait(long_enough);
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST(WEXITSTATUS(*status) == 7);
}

BOOST_AUTO_TEST_CASE(it_is_a_process_of_its_own) {
    const auto ours = ::getpid();
    auto worker = Worker::start([ours] { return ::getpid() == ours ? 1 : 0; });
    BOOST_TEST_REQUIRE(worker.has_value());
    BOOST_TEST(worker->wait(long_enough).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(who_goes_on_has_not_ended) {
    auto worker = idle();
    BOOST_TEST(!worker.wait(Millis{0}).has_value());
    worker.kill();
    BOOST_TEST(WTERMSIG(worker.wait(Millis{0}).value_or(0)) == SIGKILL);
}

BOOST_AUTO_TEST_CASE(who_is_stopped_can_be_killed) {
    auto worker = idle();
    worker.stop();
    BOOST_TEST(!worker.wait(Millis{0}).has_value());
    worker.kill();
    BOOST_TEST(WTERMSIG(worker.wait(Millis{0}).value_or(0)) == SIGKILL);
}

BOOST_AUTO_TEST_CASE(another_takes_its_place) {
    auto worker = idle();
    const auto first = worker.pid();
    worker = idle();
    BOOST_TEST(worker.pid() != first);
    BOOST_TEST(::kill(first, 0) == -1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
