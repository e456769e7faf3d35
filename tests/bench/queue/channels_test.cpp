// Every channel there is, between real processes.
#include "tests/bench/queue/channels.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <vector>

#include "tests/bench/queue/bytes.h"
#include "tests/bench/queue/counters.h"
#include "tests/bench/queue/crowd.h"
#include "tests/bench/variant.h"

namespace ccd::bench::queue {
namespace {

using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

constexpr harness::Nanos late = 2min;
constexpr std::size_t capacity = 4;  // so few that it is full and empty all the time

constexpr std::array<std::string_view, 7> all{ourselves,   "vyukov",  "boost", "pipe",
                                              "seqpacket", "posixmq", "futex"};
constexpr std::array<std::string_view, 6> all_of_many{ourselves, "vyukov",    "boost",
                                                      "pipe",    "seqpacket", "posixmq"};
constexpr std::array<std::string_view, 3> all_that_spin{ourselves, "vyukov", "boost"};
constexpr std::array<std::string_view, 2> all_placed{ourselves, "vyukov"};

// Every byte of message `number`.
void fill(std::span<std::byte> message, std::uint64_t number) {
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<std::byte>(number * 31 + i * 7 + i / 251);
}

bool is_filled(std::span<const std::byte> message, std::uint64_t number) {
    std::vector<std::byte> expected(message.size());
    fill(expected, number);
    return std::ranges::equal(message, expected);
}

void send_all(Channel& channel, std::size_t size, std::uint64_t count) {
    const auto sender = channel.open_sender(0);
    std::vector<std::byte> message(size);
    for (std::uint64_t i = 0; i < count; ++i) {
        fill(message, i);
        sender->put(message);
    }
}

// Ends its process with 1 at the first message that is not as it was sent.
void receive_all(Channel& channel, std::size_t size, std::uint64_t count) {
    const auto receiver = channel.open_receiver(0);
    std::vector<std::byte> message(size);
    for (std::uint64_t i = 0; i < count; ++i)
        if (receiver->get(message) != size || !is_filled(message, i)) ::_exit(1);
}

void check_order(std::string_view who, const Shape& shape, std::uint64_t count) {
    const auto channel = make_channel(who, shape);
    if (!channel) {
        BOOST_TEST((channel.error().code == Errc::not_found));
        BOOST_TEST_MESSAGE(who << ": " << channel.error().message);
        return;
    }
    Crowd crowd{2};
    BOOST_TEST_REQUIRE(
        crowd.add([&] { receive_all(**channel, shape.message_size, count); }).has_value());
    BOOST_TEST_REQUIRE(
        crowd.add([&] { send_all(**channel, shape.message_size, count); }).has_value());
    const auto ended = crowd.await_end(0, late);
    BOOST_TEST(ended.has_value(), who << ": " << (ended ? "" : ended.error().message));
}

void send_numbers(Channel& channel, std::size_t producer, std::uint64_t count) {
    const auto sender = channel.open_sender(producer);
    std::array<std::uint64_t, 8> message{};
    for (std::uint64_t i = 0; i < count; ++i) {
        message.fill(producer * count + i);
        sender->put(std::as_bytes(std::span{message}));
    }
    for (;;) ::pause();  // nobody is to end while the crowd is watched
}

// Counts how often each came, and ends with 1 where one is torn or there is no such number.
void count_numbers(Channel& channel, std::size_t consumer, const Counters& came,
                   std::uint64_t count) {
    const auto receiver = channel.open_receiver(consumer);
    std::array<std::uint64_t, 8> message{};
    for (;;) {
        receiver->get(std::as_writable_bytes(std::span{message}));
        const auto number = message[0];
        if (number >= count || std::ranges::count(message, number) != 8) ::_exit(1);
        came[number].messages.fetch_add(1);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(channels)

BOOST_DATA_TEST_CASE(short_messages_come_whole_and_in_order, data::make(all), who) {
    check_order(who, {.message_size = 64, .capacity = capacity}, 3000);
}

BOOST_DATA_TEST_CASE(long_messages_come_whole_and_in_order, data::make(all), who) {
    check_order(who, {.message_size = 64 << 10, .capacity = capacity}, 50);
}

BOOST_DATA_TEST_CASE(those_that_spin_find_all_as_well, data::make(all_that_spin), who) {
    check_order(who, {.message_size = 1024, .capacity = capacity, .waiting = Waiting::spinning},
                100);
}

BOOST_DATA_TEST_CASE(of_two_producers_and_two_consumers_each_message_comes_once,
                     data::make(all_of_many), who) {
    constexpr std::uint64_t each = 2000;
    const auto channel = make_channel(who, {.producers = 2, .consumers = 2, .capacity = capacity});
    if (!channel) {
        BOOST_TEST_MESSAGE(who << ": " << channel.error().message);
        return;
    }
    const auto came = Counters::create(2 * each).value();
    Crowd crowd{4};
    for (std::size_t i = 0; i < 2; ++i) {
        BOOST_TEST_REQUIRE(
            crowd.add([&] { count_numbers(**channel, i, came, 2 * each); }).has_value());
        BOOST_TEST_REQUIRE(crowd.add([&] { send_numbers(**channel, i, each); }).has_value());
    }
    const auto deadline = std::chrono::steady_clock::now() + late;
    while (came.messages() < 2 * each && std::chrono::steady_clock::now() < deadline)
        BOOST_TEST_REQUIRE(crowd.watch(1ms).has_value());
    for (std::uint64_t i = 0; i < 2 * each; ++i) BOOST_TEST_REQUIRE(came[i].messages.load() == 1U);
}

BOOST_DATA_TEST_CASE(what_is_written_in_place_is_read_in_place, data::make(all_placed), who) {
    constexpr std::uint64_t count = 2000;
    const auto channel = make_placed_channel(who, {.message_size = 1024, .capacity = capacity});
    BOOST_TEST_REQUIRE(channel.has_value());
    Crowd crowd{2};
    BOOST_TEST_REQUIRE(crowd
                           .add([&] {
                               const auto receiver = (*channel)->open_placed_receiver(0);
                               for (std::uint64_t i = 0; i < count; ++i) {
                                   const auto message = receiver->message();
                                   if (message.size() != 1024 || !is_filled(message, i)) ::_exit(1);
                                   receiver->release();
                               }
                           })
                           .has_value());
    BOOST_TEST_REQUIRE(crowd
                           .add([&] {
                               const auto sender = (*channel)->open_placed_sender(0);
                               for (std::uint64_t i = 0; i < count; ++i) {
                                   fill(sender->room(), i);
                                   sender->publish();
                               }
                           })
                           .has_value());
    BOOST_TEST(crowd.await_end(0, late).has_value());
}

BOOST_AUTO_TEST_CASE(every_byte_counts_for_the_sum) {
    std::array<std::byte, 64> message{};
    BOOST_TEST(sum_of(message) == 0U);
    for (std::byte& byte : message) {
        byte = std::byte{1};
        BOOST_TEST(sum_of(message) != 0U);
        byte = std::byte{0};
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench::queue
