// Descriptors beside frames, in both directions.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/daemon/net/far_end.h"

namespace ccd::net {
namespace {

namespace fs = std::filesystem;

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{}));
}

// A descriptor that is known again by the size of its file.
UniqueFd marked(off_t size) {
    UniqueFd file{::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)};
    BOOST_TEST_REQUIRE(::ftruncate(file.get(), size) == 0);
    return file;
}

std::vector<UniqueFd> one_marked(off_t size) {
    std::vector<UniqueFd> descriptors;
    descriptors.push_back(marked(size));
    return descriptors;
}

off_t mark_of(const UniqueFd& file) {
    struct stat found {};
    return ::fstat(file.get(), &found) == 0 ? found.st_size : -1;
}

// The read that brought it also brought the first byte of its frame.
void check_came_with(const FarEnd::Came& came, std::size_t start) {
    BOOST_TEST(came.at <= start);
    BOOST_TEST(came.end > start);
}

// A room with one peer, whose connection is known.
struct OneConnection : Room {
    OneConnection() : peer(join()) {
        peer.say(request_frame(1));
        turn();
        id = connections.at(0);
        peer.hear();
        begun = peer.heard().size();
    }

    FarEnd peer;
    std::uint64_t id = 0;
    std::size_t begun = 0;  // what was heard before
};

}  // namespace

BOOST_AUTO_TEST_SUITE(descriptors)

BOOST_FIXTURE_TEST_CASE(a_descriptor_travels_with_its_frame_and_not_before, OneConnection) {
    for (std::size_t at_a_time : {1U, 7U, 4096U}) {
        begun = peer.heard().size();
        auto known = peer.descriptors().size();
        auto before = reply_frame(2, 100), with = reply_frame(3, 50), after = reply_frame(4, 100);
        clients.send(id, before);
        clients.send(id, with, one_marked(1234));
        clients.send(id, after);
        turn();
        peer.hear(at_a_time);
        BOOST_TEST((peer.heard().substr(begun) == before + with + after));
        BOOST_TEST_REQUIRE(peer.descriptors().size() == known + 1);
        const auto& came = peer.descriptors().back();
        BOOST_TEST(mark_of(came.descriptor) == 1234);
        check_came_with(came, begun + before.size());
    }
}

BOOST_FIXTURE_TEST_CASE(each_frame_has_its_own_descriptor, OneConnection) {
    std::vector<std::size_t> starts;
    auto size = begun;
    for (off_t mark = 1; mark <= 5; ++mark) {
        auto frame = reply_frame(static_cast<std::uint64_t>(mark), 20);
        starts.push_back(size);
        size += frame.size();
        clients.send(id, frame, one_marked(mark));
    }
    turn();
    peer.hear(1 << 16);
    BOOST_TEST_REQUIRE(peer.descriptors().size() == 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(mark_of(peer.descriptors()[i].descriptor) == static_cast<off_t>(i + 1));
        check_came_with(peer.descriptors()[i], starts[i]);
    }
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_waits_with_its_frame_until_the_peer_reads, OneConnection) {
    auto filling = reply_frame(2, 900'000);
    auto with = reply_frame(3, 10);
    clients.send(id, filling);
    clients.send(id, with, one_marked(77));
    turn();
    BOOST_TEST(clients.has_unsent());
    settle(peer);
    BOOST_TEST(peer.heard().size() == begun + filling.size() + with.size());
    BOOST_TEST_REQUIRE(peer.descriptors().size() == 1U);
    BOOST_TEST(mark_of(peer.descriptors()[0].descriptor) == 77);
    check_came_with(peer.descriptors()[0], begun + filling.size());
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_for_who_is_gone_is_closed, OneConnection) {
    auto before = open_descriptors();
    clients.send(12'345, reply_frame(1), one_marked(1));
    BOOST_TEST(open_descriptors() == before);
    clients.send(id, reply_frame(2, 900'000));
    clients.send(id, reply_frame(3), one_marked(1));
    peer.close();
    turn();
    turn();
    BOOST_TEST(clients.size() == 0U);
    BOOST_TEST(open_descriptors() == before - 2);  // both ends of the connection
}

BOOST_FIXTURE_TEST_CASE(descriptors_that_nobody_asked_for_are_closed, OneConnection) {
    auto before = open_descriptors();
    peer.say_with(request_frame(2), 4);
    turn();
    peer.hear();
    BOOST_TEST(peer.answered() == (std::vector<std::uint64_t>{1, 2}),
               boost::test_tools::per_element());
    BOOST_TEST(open_descriptors() == before);
}

BOOST_FIXTURE_TEST_CASE(more_descriptors_than_a_message_may_have_close_the_connection,
                        OneConnection) {
    auto before = open_descriptors();
    peer.say_with(request_frame(2), 5);
    turn();
    peer.hear();
    BOOST_TEST(peer.has_ended());
    BOOST_TEST(taken == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
    BOOST_TEST(gone == std::vector<std::uint64_t>{id}, boost::test_tools::per_element());
    turn();
    BOOST_TEST(open_descriptors() == before - 1);
}

BOOST_FIXTURE_TEST_CASE(several_descriptors_travel_with_one_frame, OneConnection) {
    std::vector<UniqueFd> four;
    for (off_t mark : {1, 2, 3, 4}) four.push_back(marked(mark));
    clients.send(id, reply_frame(1), std::move(four));
    clients.send(id, reply_frame(2), one_marked(5));
    turn();
    peer.hear(1'000);
    BOOST_TEST_REQUIRE(peer.descriptors().size() == 5U);
    for (std::size_t i = 0; i < 5; ++i)
        BOOST_TEST(mark_of(peer.descriptors()[i].descriptor) == static_cast<off_t>(i + 1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::net
