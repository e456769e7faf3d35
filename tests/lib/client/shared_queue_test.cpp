#include "lib/client/shared_queue.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/shm/repair.h"
#include "tests/lib/client/peer.h"

namespace ccd::client {
namespace {

using namespace std::chrono_literals;
using queue::Use;
using queue::WhenFull;

UniqueFd copy_of(int descriptor) {
    return UniqueFd{::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)};
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text});
}

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// They block, as a hostile user of the queue could make them.
std::array<UniqueFd, 2> pair_of_sockets() {
    std::array<int, 2> ends{};
    BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

// What the daemon keeps of a queue, for four messages of 64 bytes.
struct Made {
    const shm::QueueShape shape{.capacity = 4, .message_size = 64};
    const shm::QueueMemory memory = shm::create_queue("test", shape).value();
    const shm::Attachment own =
        shm::Attachment::open(memory, shape, shm::Attachment::Role::producer).value();
    const std::array<UniqueFd, 2> ends = pair_of_sockets();  // of messages, and of room

    queue::AttachReply reply(std::uint32_t client, WhenFull when_full = WhenFull::block) const {
        return {.client = client,
                .capacity = shape.capacity,
                .message_size = Bytes{shape.message_size},
                .when_full = when_full};
    }

    std::vector<UniqueFd> descriptors(Use use) const {
        std::vector<UniqueFd> all;
        all.push_back(copy_of(memory.control.fd()));
        all.push_back(use == Use::get ? memory.payload.open_for_reading().value()
                                      : copy_of(memory.payload.fd()));
        for (const auto& end : ends) all.push_back(copy_of(end.get()));
        return all;
    }

    SharedQueue open(std::uint32_t client, Use use = Use::both,
                     WhenFull when_full = WhenFull::block) const {
        auto opened = SharedQueue::adopt("test", use, reply(client, when_full), descriptors(use));
        BOOST_TEST_REQUIRE(opened.has_value());
        return *std::move(opened);
    }

    void destroy() const { shm::close(*own.memory().header); }

    void give_back_after_death_of(std::uint32_t client) const {
        shm::Repair repair{own.geometry(), own.memory(), queue::OnConsumerDeath::redeliver};
        shm::Dead dead;
        dead.set(client);
        repair.begin(dead);
        BOOST_TEST_REQUIRE(repair.step(own.geometry().chunk_count()));
    }
};

std::string attached_frame(std::uint64_t msgid, const queue::AttachReply& reply) {
    return peer::frame_of([&](wire::Packer& packer) {
        wire::begin_result(packer, msgid);
        wire::encode<queue::Attach::reply_fields, wire::Absent::written>(packer, reply);
    });
}

Errc put(SharedQueue& queue, std::string_view text, Patience patience = 0ns) {
    const auto put = queue.put(bytes_of(text), patience);
    return put ? Errc{} : put.error().code;
}

// The message, or the name of what was said in place of one.
std::string get(SharedQueue& queue, Patience patience = 0ns) {
    std::array<std::byte, 64> room{};
    const auto size = queue.get(room, patience);
    if (!size) return "(" + std::string{info_of(size.error().code).name} + ")";
    return text_of(std::span{room}.first(*size));
}

template <class T>
bool is(const Result<T>& result, Errc code) {
    return !result && result.error().code == code;
}

bool is_readable(int descriptor) {
    pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, 0) == 1;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shared_queue, Made)

BOOST_AUTO_TEST_CASE(what_one_puts_another_gets_in_order_and_as_it_was) {
    auto producer = open(1, Use::put);
    auto consumer = open(2, Use::get);
    const std::string longest(64, 'x');
    const std::string zeros(3, '\0');
    for (std::string_view text : {std::string_view{"first"}, std::string_view{},
                                  std::string_view{longest}, std::string_view{zeros}})
        BOOST_TEST((put(producer, text) == Errc{}));
    BOOST_TEST(consumer.depth().value() == 4U);
    for (const auto& text : {std::string{"first"}, std::string{}, longest, zeros})
        BOOST_TEST(get(consumer) == text);
    BOOST_TEST(get(consumer) == "(timeout)");
}

BOOST_AUTO_TEST_CASE(a_full_queue_does_as_it_was_made_to) {
    auto blocking = open(1);
    for (int i = 0; i < 4; ++i) BOOST_TEST((put(blocking, std::to_string(i)) == Errc{}));
    BOOST_TEST((put(blocking, "fifth") == Errc::timeout));
    BOOST_TEST((put(blocking, "fifth", 1ms) == Errc::timeout));
    auto failing = open(2, Use::put, WhenFull::fail);
    BOOST_TEST((put(failing, "fifth", std::nullopt) == Errc::over_limit));
    auto dropping = open(3, Use::put, WhenFull::drop_oldest);
    BOOST_TEST((put(dropping, "fifth", std::nullopt) == Errc{}));
    for (auto text : {"1", "2", "3", "fifth"}) BOOST_TEST(get(blocking) == text);
}

BOOST_AUTO_TEST_CASE(who_waits_is_given_what_comes) {
    auto consumer = open(1);
    BOOST_TEST(get(consumer, 1ms) == "(timeout)");
    for (const Patience patience : {Patience{}, Patience{10s}, Patience{100'000h}}) {
        std::thread late{[&] {
            auto producer = open(2);
            for (int i = 0; i < 9; ++i) BOOST_TEST((put(producer, "late", patience) == Errc{}));
        }};
        for (int i = 0; i < 9; ++i) BOOST_TEST(get(consumer, patience) == "late");
        late.join();
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_and_nothing_is_lost) {
    auto queue = open(1);
    BOOST_TEST((put(queue, std::string(65, 'x'), std::nullopt) == Errc::bad_request));
    BOOST_TEST(is(queue.reserve(65, 0ns), Errc::bad_request));
    BOOST_TEST((put(queue, "short") == Errc{}));
    std::array<std::byte, 63> too_small{};
    BOOST_TEST(is(queue.get(too_small, 0ns), Errc::bad_request));
    BOOST_TEST(get(queue) == "short");
}

BOOST_AUTO_TEST_CASE(what_it_was_not_opened_for_is_denied) {
    auto producer = open(1, Use::put);
    auto consumer = open(2, Use::get);
    BOOST_TEST(get(producer) == "(denied)");
    BOOST_TEST(is(producer.peek(0ns), Errc::denied));
    BOOST_TEST(is(producer.arm_message(), Errc::denied));
    BOOST_TEST((put(consumer, "x") == Errc::denied));
    BOOST_TEST(is(consumer.reserve(1, 0ns), Errc::denied));
    BOOST_TEST(is(consumer.arm_room(), Errc::denied));
}

BOOST_AUTO_TEST_CASE(a_message_may_be_written_in_place_and_be_shorter_than_its_room) {
    auto queue = open(1);
    const auto reserved = queue.reserve(10, 0ns).value();
    BOOST_TEST(reserved.room.size() == 10U);
    BOOST_TEST(get(queue) == "(timeout)");
    std::ranges::copy(bytes_of("in place"), reserved.room.begin());
    BOOST_TEST(is(queue.commit(reserved, 65), Errc::bad_request));
    BOOST_TEST(queue.commit(reserved, 8).has_value());
    BOOST_TEST(is(queue.commit(reserved, 8), Errc::bad_request));
    BOOST_TEST(is(queue.abandon(reserved), Errc::bad_request));
    BOOST_TEST(get(queue) == "in place");

    const auto unwanted = queue.reserve(10, 0ns).value();
    BOOST_TEST(queue.abandon(unwanted).has_value());
    BOOST_TEST(is(queue.abandon(unwanted), Errc::bad_request));
    BOOST_TEST(get(queue) == "(timeout)");
}

BOOST_AUTO_TEST_CASE(a_message_may_be_read_in_place_and_is_acknowledged_once_by_who_has_it) {
    auto producer = open(1, Use::put);
    auto consumer = open(2, Use::get);
    auto other = open(3, Use::get);
    for (auto text : {"one", "two"}) BOOST_TEST((put(producer, text) == Errc{}));
    const auto first = consumer.peek(0ns).value();
    const auto second = consumer.peek(0ns).value();
    BOOST_TEST(text_of(first.bytes) == "one");
    BOOST_TEST(text_of(second.bytes) == "two");
    BOOST_TEST(first.deliveries == 0U);
    BOOST_TEST(is(other.acknowledge(first), Errc::bad_request));
    BOOST_TEST(consumer.acknowledge(second).has_value());
    BOOST_TEST(consumer.acknowledge(first).has_value());
    BOOST_TEST(is(consumer.acknowledge(first), Errc::bad_request));
    for (const std::uint64_t token : {std::uint64_t{0}, ~std::uint64_t{0}})
        BOOST_TEST(is(consumer.acknowledge({.token = token}), Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(a_message_that_is_put_back_is_the_newest_and_says_that_it_was_here) {
    auto producer = open(1, Use::put);
    auto consumer = open(2, Use::get);
    for (auto text : {"one", "two", "three", "four"}) BOOST_TEST((put(producer, text) == Errc{}));
    const auto first = consumer.peek(0ns).value();
    BOOST_TEST(consumer.put_back(first).has_value());
    BOOST_TEST(is(consumer.put_back(first), Errc::bad_request));
    BOOST_TEST(is(consumer.acknowledge(first), Errc::bad_request));
    BOOST_TEST(is(producer.put_back(first), Errc::denied));
    for (auto text : {"two", "three", "four"}) BOOST_TEST(get(consumer) == text);
    const auto again = consumer.peek(0ns).value();
    BOOST_TEST(text_of(again.bytes) == "one");
    BOOST_TEST(again.deliveries == 1U);
    BOOST_TEST(consumer.acknowledge(again).has_value());
    BOOST_TEST(get(consumer) == "(timeout)");
}

BOOST_AUTO_TEST_CASE(who_finds_no_room_is_told_where_it_is) {
    for (const auto when_full : {WhenFull::fail, WhenFull::drop_oldest}) {
        auto queue = open(1, Use::both, when_full);
        std::vector<Reservation> held;
        for (auto reserved = queue.reserve(1, 0ns); reserved; reserved = queue.reserve(1, 0ns))
            held.push_back(*reserved);
        const auto refused = queue.reserve(1, 0ns);
        BOOST_TEST((refused.error().code == Errc::over_limit));
        BOOST_TEST(refused.error().message ==
                   "queue 'test' is full: 0 messages are in line, and the rest of its places are "
                   "being written or read");
        for (const auto& reserved : held) BOOST_TEST(queue.abandon(reserved).has_value());
    }
    auto full = open(1, Use::both, WhenFull::fail);
    while (put(full, "x") == Errc{}) continue;
    BOOST_TEST(full.reserve(1, 0ns).error().message ==
               "queue 'test' is full: 4 messages are in line");
}

BOOST_AUTO_TEST_CASE(a_batch_takes_what_there_is_and_puts_what_has_room) {
    auto queue = open(1);
    const std::vector<std::span<const std::byte>> words{bytes_of("a"), bytes_of("b"), bytes_of("c"),
                                                        bytes_of("d"), bytes_of("e")};
    BOOST_TEST(queue.put_many(words, 1ms).value() == 4U);
    BOOST_TEST(is(queue.put_many(words, 0ns), Errc::timeout));
    BOOST_TEST(queue.put_many({}, 0ns).value() == 0U);

    std::array<std::array<std::byte, 64>, 3> buffers{};
    std::vector<Filled> rooms{{.room = buffers[0]}, {.room = buffers[1]}, {.room = buffers[2]}};
    BOOST_TEST(queue.get_many(rooms, std::nullopt).value() == 3U);
    BOOST_TEST(text_of(rooms[2].room.first(rooms[2].size)) == "c");
    BOOST_TEST(queue.get_many(rooms, std::nullopt).value() == 1U);
    BOOST_TEST(text_of(rooms[0].room.first(rooms[0].size)) == "d");
    BOOST_TEST(is(queue.get_many(rooms, 1ms), Errc::timeout));
    rooms[1].room = rooms[1].room.first(63);
    BOOST_TEST(is(queue.get_many(rooms, 0ns), Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(a_batch_with_a_message_that_does_not_fit_is_refused_whole) {
    auto queue = open(1);
    const std::string too_long(65, 'x');
    const std::vector<std::span<const std::byte>> words{bytes_of("a"), bytes_of(too_long)};
    BOOST_TEST(is(queue.put_many(words, 0ns), Errc::bad_request));
    BOOST_TEST(queue.depth().value() == 0U);
}

BOOST_AUTO_TEST_CASE(of_a_destroyed_queue_what_is_in_line_may_be_got) {
    auto queue = open(1);
    BOOST_TEST((put(queue, "last") == Errc{}));
    destroy();
    BOOST_TEST((put(queue, "later") == Errc::not_found));
    BOOST_TEST(get(queue, std::nullopt) == "last");
    BOOST_TEST(get(queue, std::nullopt) == "(not-found)");
}

BOOST_AUTO_TEST_CASE(who_waits_is_told_that_the_queue_is_destroyed) {
    auto queue = open(1);
    std::thread late{[&] { destroy(); }};
    BOOST_TEST(get(queue, std::nullopt) == "(not-found)");
    late.join();
}

BOOST_AUTO_TEST_CASE(room_that_the_dead_have_left_without_a_hint_is_found_without_waiting) {
    for (const auto when_full : {WhenFull::block, WhenFull::fail, WhenFull::drop_oldest}) {
        auto queue = open(1, Use::both, when_full);
        for (std::size_t i = 0; i < own.geometry().bit_words(); ++i) own.memory().bits[i].store(0);
        BOOST_TEST((put(queue, "found") == Errc{}));
        BOOST_TEST(get(queue) == "found");
    }
}

BOOST_AUTO_TEST_CASE(a_message_of_a_consumer_that_died_comes_again_and_says_so) {
    auto producer = open(1);
    auto dead = open(2);
    auto living = open(3);
    BOOST_TEST((put(producer, "again") == Errc{}));
    const auto first = dead.peek(0ns).value();
    give_back_after_death_of(2);
    const auto second = living.peek(0ns).value();
    BOOST_TEST(text_of(second.bytes) == "again");
    BOOST_TEST(second.deliveries == 1U);
    BOOST_TEST(is(dead.acknowledge(first), Errc::bad_request));
    BOOST_TEST(living.acknowledge(second).has_value());
}

BOOST_AUTO_TEST_CASE(who_polls_for_messages_sees_them) {
    auto producer = open(1, Use::put);
    auto consumer = open(2, Use::get);
    const int event = consumer.message_descriptor();
    BOOST_TEST((put(producer, "nobody polls") == Errc{}));
    BOOST_TEST(!is_readable(event));
    BOOST_TEST(consumer.arm_message().has_value());
    BOOST_TEST(is_readable(event));  // for one is there
    BOOST_TEST(get(consumer) == "nobody polls");
    BOOST_TEST(consumer.arm_message().has_value());
    BOOST_TEST(!is_readable(event));
    BOOST_TEST((put(producer, "one") == Errc{}));
    BOOST_TEST((put(producer, "two") == Errc{}));
    BOOST_TEST(is_readable(event));
    // Who stops early leaves it to the others.
    auto other = open(3, Use::get);
    BOOST_TEST(get(consumer) == "one");
    BOOST_TEST(consumer.arm_message().has_value());
    BOOST_TEST(is_readable(other.message_descriptor()));
    BOOST_TEST(get(other) == "two");
    BOOST_TEST(other.arm_message().has_value());
    BOOST_TEST(!is_readable(event));
}

BOOST_AUTO_TEST_CASE(who_polls_for_room_sees_it) {
    auto producer = open(1, Use::put);
    auto consumer = open(2, Use::get);
    const int event = producer.room_descriptor();
    BOOST_TEST(producer.arm_room().has_value());
    BOOST_TEST(is_readable(event));
    while (put(producer, "x") == Errc{}) continue;
    BOOST_TEST(producer.arm_room().has_value());
    BOOST_TEST(!is_readable(event));
    BOOST_TEST(get(consumer) == "x");
    BOOST_TEST(is_readable(event));
    BOOST_TEST((put(producer, "y") == Errc{}));
}

BOOST_AUTO_TEST_CASE(who_polls_sees_that_the_queue_is_destroyed) {
    auto queue = open(1);
    destroy();
    BOOST_TEST(queue.arm_message().has_value());
    BOOST_TEST(is_readable(queue.message_descriptor()));
    BOOST_TEST(queue.arm_room().has_value());
    BOOST_TEST(is_readable(queue.room_descriptor()));
}

BOOST_AUTO_TEST_CASE(of_what_is_polled_no_more_is_read_than_is_needed) {
    auto queue = open(1);
    const std::string many(10'000, 'x');
    BOOST_TEST_REQUIRE(::send(ends[1].get(), many.data(), many.size(), 0) == 10'000);
    BOOST_TEST(queue.arm_message().has_value());
    BOOST_TEST(is_readable(queue.message_descriptor()));
    while (is_readable(queue.message_descriptor())) BOOST_TEST(queue.arm_message().has_value());
    BOOST_TEST((put(queue, "x") == Errc{}));
    BOOST_TEST(is_readable(queue.message_descriptor()));
}

BOOST_AUTO_TEST_CASE(a_queue_whose_daemon_answers_too_late_is_left_when_it_does) {
    peer::Peer daemon;
    auto client = Client::open(daemon.path(), Millis{0}).value();
    daemon.accept();
    BOOST_TEST(is(SharedQueue::open(client, "test", Use::both), Errc::timeout));
    BOOST_TEST(daemon.hear().find("queue.detach") == std::string::npos);

    const auto given = descriptors(Use::both);
    for (const std::uint32_t number : {1U, 2U})
        daemon.say_with(attached_frame(number, reply(number)),
                        {given[0].get(), given[1].get(), given[2].get(), given[3].get()});
    client.set_timeout(10s);
    auto opened = SharedQueue::open(client, "test", Use::both);
    BOOST_TEST_REQUIRE(opened.has_value());
    BOOST_TEST(daemon.hear().find("queue.attach") != std::string::npos);
    BOOST_TEST(daemon.hear().find("queue.detach") != std::string::npos);  // beside no descriptor
    BOOST_TEST((put(*opened, "x") == Errc{}));
}

BOOST_AUTO_TEST_CASE(who_closes_tells_the_daemon_and_does_not_wait_for_it) {
    peer::Peer daemon;
    auto client = Client::open(daemon.path(), std::nullopt).value();
    daemon.accept();
    auto queue = open(1);
    queue.close(client);
    BOOST_TEST(daemon.hear().find("queue.detach") != std::string::npos);
    BOOST_TEST(!queue.is_open());
    BOOST_TEST(is(queue.depth(), Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(a_child_is_refused_and_harms_nobody) {
    auto queue = open(1);
    BOOST_TEST((put(queue, "of the parent") == Errc{}));
    const auto held = queue.reserve(1, 0ns).value();
    const pid_t child = ::fork();
    if (child == 0) {
        bool is_refused =
            !queue.is_open() && put(queue, "x") == Errc::bad_request &&
            get(queue) == "(bad-request)" && is(queue.commit(held, 1), Errc::bad_request) &&
            is(queue.depth(), Errc::bad_request) && is(queue.arm_message(), Errc::bad_request);
        { const SharedQueue gone = std::move(queue); }
        auto own_one = open(2);
        is_refused = is_refused && get(own_one) == "of the parent";
        ::_exit(is_refused ? 0 : 1);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    BOOST_TEST(queue.commit(held, 1).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_a_queue_is_not_used) {
    auto three = descriptors(Use::both);
    three.pop_back();
    BOOST_TEST(
        is(SharedQueue::adopt("test", Use::both, reply(1), std::move(three)), Errc::internal));
    for (const std::uint32_t client : {0U, 4096U, 70'000U})
        BOOST_TEST(is(SharedQueue::adopt("test", Use::both, reply(client), descriptors(Use::both)),
                      Errc::internal));
    auto larger = reply(1);
    larger.capacity = 4'000;
    BOOST_TEST(is(SharedQueue::adopt("test", Use::both, larger, descriptors(Use::both)),
                  Errc::bad_request));
    larger.message_size = Bytes{std::uint64_t{1} << 40};
    BOOST_TEST(
        is(SharedQueue::adopt("test", Use::both, larger, descriptors(Use::both)), Errc::internal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::client
