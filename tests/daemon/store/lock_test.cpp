#include "daemon/store/lock.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <optional>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

BOOST_AUTO_TEST_SUITE(lock)

BOOST_AUTO_TEST_CASE(a_second_daemon_is_refused_by_the_name_of_the_directory) {
    TemporaryDirectory directory;
    auto first = StateLock::take(directory.path());
    BOOST_TEST_REQUIRE(first.has_value());

    auto second = StateLock::take(directory.path());
    BOOST_TEST_REQUIRE(!second.has_value());
    BOOST_TEST((second.error().code == Errc::conflict));
    BOOST_TEST(second.error().message.find(directory.path()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_has_a_lock_for_each_of_its_uses) {
    TemporaryDirectory directory;
    auto state = StateLock::take(directory.path());
    auto other = StateLock::take(directory.path(), "other.lock", "other directory");
    BOOST_TEST_REQUIRE(other.has_value());
    auto refused = StateLock::take(directory.path(), "other.lock", "other directory");
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("the other directory '") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lock_that_is_about_to_be_let_go_is_waited_for) {
    TemporaryDirectory directory;
    std::optional<StateLock> first{StateLock::take(directory.path()).value()};
    auto second = std::async(std::launch::async,
                             [&] { return StateLock::take(directory.path()).has_value(); });
    first.reset();
    BOOST_TEST(second.get());
}

BOOST_AUTO_TEST_CASE(the_next_daemon_gets_it_when_the_first_is_gone) {
    TemporaryDirectory directory;
    { auto first = StateLock::take(directory.path()); }
    BOOST_TEST(StateLock::take(directory.path()).has_value());
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_cannot_be_taken) {
    TemporaryDirectory directory;
    auto lock = StateLock::take(directory / "nothing");
    BOOST_TEST_REQUIRE(!lock.has_value());
    BOOST_TEST((lock.error().code == Errc::storage_unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
