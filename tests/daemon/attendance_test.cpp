// Who uses which queue, from one daemon to the next.
#include "daemon/attendance.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

namespace ccd::daemon {
namespace {

Attendant somebody(store::QueueId queue, shm::ClientId client) {
    return {.queue = queue,
            .client = client,
            .user = {.pid = 4'000 + client, .uid = 1'000, .use = queue::Use::get},
            .began = 777};
}

// What the next daemon finds, however this one ends.
std::vector<Attendant> found_by_the_next(const Attendance& attendance) {
    UniqueFd kept{::fcntl(attendance.fd(), F_DUPFD_CLOEXEC, 0)};
    auto adopted = Attendance::adopt(std::move(kept));
    BOOST_TEST_REQUIRE(adopted.has_value());
    return adopted->all();
}

struct Table {
    Attendance attendance = Attendance::create().value();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(attendance_suite, Table)

BOOST_AUTO_TEST_CASE(the_next_daemon_finds_who_has_entered) {
    BOOST_TEST(found_by_the_next(attendance).empty());
    BOOST_TEST(attendance.enter(somebody(7, 1)).has_value());
    BOOST_TEST(attendance.enter(somebody(8, 2)).has_value());
    attendance.set_leaving(8, 2);
    const auto found = found_by_the_next(attendance);
    BOOST_TEST_REQUIRE(found.size() == 2U);
    BOOST_TEST(found[0].queue == 7U);
    BOOST_TEST(found[0].client == 1U);
    BOOST_TEST(found[0].user.pid == 4'001);
    BOOST_TEST(found[0].user.uid == 1'000U);
    BOOST_TEST((found[0].user.use == queue::Use::get));
    BOOST_TEST(found[0].began == 777U);
    BOOST_TEST(!found[0].is_leaving);
    BOOST_TEST(found[1].is_leaving);
}

BOOST_AUTO_TEST_CASE(who_has_left_is_not_found) {
    for (shm::ClientId client = 1; client <= 3; ++client)
        BOOST_TEST(attendance.enter(somebody(7, client)).has_value());
    BOOST_TEST(attendance.enter(somebody(9, 1)).has_value());
    attendance.erase(7, 2);
    attendance.erase(7, 2);
    BOOST_TEST(found_by_the_next(attendance).size() == 3U);
    attendance.erase_all(7);
    const auto found = found_by_the_next(attendance);
    BOOST_TEST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0].queue == 9U);
}

BOOST_AUTO_TEST_CASE(one_more_than_there_is_room_for_is_refused) {
    for (std::size_t i = 0; i < Attendance::limit; ++i)
        BOOST_TEST_REQUIRE(attendance.enter(somebody(i, 1)).has_value());
    auto refused = attendance.enter(somebody(Attendance::limit, 1));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::over_limit));
    attendance.erase(5, 1);
    BOOST_TEST(attendance.enter(somebody(Attendance::limit, 1)).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_attendance_is_refused) {
    auto other = shm::Segment::create("other", 4'096);
    BOOST_TEST_REQUIRE(other.has_value());
    UniqueFd memory{::fcntl(other->fd(), F_DUPFD_CLOEXEC, 0)};
    BOOST_TEST(!Attendance::adopt(std::move(memory)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::daemon
