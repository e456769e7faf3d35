#include "lib/shm/queue.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/lib/shm/arena.h"

namespace ccd::shm {
namespace {

constexpr Time past{};

struct Shared {
    explicit Shared(QueueShape shape = {.capacity = 4, .message_size = 64}) : arena(shape) {}

    Queue<Hardware> user(ClientId id) { return {arena.geometry(), arena.memory(), id}; }
    void close(Openness openness = Openness::closed) {
        arena.memory().header->openness.store(static_cast<std::uint32_t>(openness));
    }
    std::size_t free_chunks() { return count_free(arena.geometry(), arena.memory()); }

    Arena<Hardware> arena;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue, Shared)

BOOST_AUTO_TEST_CASE(messages_come_in_the_order_in_which_they_were_put) {
    auto producer = user(1);
    auto consumer = user(2);
    for (const auto* text : {"one", "", "three"}) BOOST_TEST((put(producer, text) == Status::done));
    BOOST_TEST(consumer.depth() == 3U);
    for (const auto* text : {"one", "", "three", "(nothing)"}) BOOST_TEST(get(consumer) == text);
    BOOST_TEST(consumer.depth() == 0U);
}

BOOST_AUTO_TEST_CASE(as_many_messages_wait_as_the_queue_has_room_for_and_no_more) {
    auto producer = user(1);
    auto other = user(2);
    for (int i = 0; i < 4; ++i) BOOST_TEST((put(producer, "x") == Status::done));
    BOOST_TEST((put(producer, "x") == Status::would_block));
    BOOST_TEST((put(other, "x") == Status::would_block));
    auto consumer = user(3);
    BOOST_TEST(get(consumer) == "x");
    BOOST_TEST((put(other, "y") == Status::done));
    BOOST_TEST((put(producer, "x") == Status::would_block));
}

BOOST_AUTO_TEST_CASE(a_message_that_is_read_or_that_another_writes_takes_no_room_in_line) {
    auto producer = user(1);
    auto consumer = user(2);
    for (int i = 0; i < 4; ++i) BOOST_TEST((put(producer, "x") == Status::done));
    Taken reading;
    BOOST_TEST((consumer.take(reading) == Status::done));
    ChunkId writing = 0;
    BOOST_TEST((producer.reserve(1, writing) == Status::done));
    auto other = user(3);
    BOOST_TEST((put(other, "x") == Status::done));
    BOOST_TEST(text_of(consumer, reading) == "x");
    producer.abandon(writing);
    consumer.acknowledge(reading);
    BOOST_TEST(consumer.depth() == 4U);
}

BOOST_AUTO_TEST_CASE(what_a_user_writes_counts_for_him_as_if_it_were_in_line) {
    auto producer = user(1);
    std::vector<ChunkId> chunks(4);
    for (ChunkId& chunk : chunks) BOOST_TEST((producer.reserve(1, chunk) == Status::done));
    ChunkId more = 0;
    BOOST_TEST((producer.reserve(1, more) == Status::would_block));
    BOOST_TEST((producer.reserve_dropping(1, more) == Status::would_block));
    producer.abandon(chunks.back());
    BOOST_TEST((producer.reserve(1, more) == Status::done));
    chunks.back() = more;
    for (const ChunkId chunk : chunks) BOOST_TEST((producer.publish(chunk, 1) == Status::done));
    BOOST_TEST(producer.depth() == 4U);
}

BOOST_AUTO_TEST_CASE(what_others_keep_ready_makes_nobody_drop_a_message) {
    Shared shared{{.capacity = 64, .message_size = 8}};
    std::vector<std::unique_ptr<Queue<Hardware>>> producers;
    for (ClientId id = 1; id <= 20; ++id) {
        producers.push_back(
            std::make_unique<Queue<Hardware>>(shared.arena.geometry(), shared.arena.memory(), id));
        ChunkId chunk = 0;
        BOOST_TEST((producers.back()->reserve_dropping(1, chunk) == Status::done));
        BOOST_TEST((producers.back()->publish(chunk, 1) == Status::done));
    }
    BOOST_TEST(producers.front()->depth() == 20U);
    BOOST_TEST(shared.arena.memory().header->dropped.load() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_put_back_is_the_newest_and_says_how_often_it_was_delivered) {
    auto user = this->user(1);
    for (const auto* text : {"one", "two"}) BOOST_TEST((put(user, text) == Status::done));
    Taken taken;
    for (std::uint32_t times = 0; times < 2; ++times) {
        BOOST_TEST((user.take(taken) == Status::done));
        BOOST_TEST(text_of(user, taken) == "one");
        BOOST_TEST(taken.deliveries == times);
        BOOST_TEST((user.put_back(taken) == Status::done));
        BOOST_TEST(!user.has(taken));
        BOOST_TEST(get(user) == (times == 0 ? "two" : "one"));
        if (times == 0) BOOST_TEST(user.depth() == 1U);
    }
    BOOST_TEST(get(user) == "(nothing)");
    BOOST_TEST(arena.memory().header->redelivered.load() == 2U);
}

BOOST_AUTO_TEST_CASE(who_arms_is_told_of_what_is_there_already) {
    auto producer = user(1);
    auto consumer = user(2);
    BOOST_TEST(!consumer.arm_message());
    BOOST_TEST(producer.arm_room());
    BOOST_TEST((put(producer, "x") == Status::done));
    // As one leaves it who dies between the two steps of a put.
    auto& tail = arena.memory().header->tail;
    tail.store(tail.load() - 1);
    BOOST_TEST(consumer.arm_message());
    BOOST_TEST(consumer.depth() == 1U);
    for (int i = 0; i < 3; ++i) BOOST_TEST((put(producer, "x") == Status::done));
    BOOST_TEST(!producer.arm_room());
    close();
    BOOST_TEST(producer.arm_room());
}

BOOST_AUTO_TEST_CASE(a_user_has_what_he_took_until_he_gives_it_back_and_nobody_else_has) {
    auto producer = user(1);
    auto consumer = user(2);
    ChunkId chunk = 0;
    BOOST_TEST((producer.reserve(1, chunk) == Status::done));
    BOOST_TEST(producer.has(chunk, Kind::writing));
    BOOST_TEST(!consumer.has(chunk, Kind::writing));
    BOOST_TEST(!producer.has(arena.geometry().chunk_count(), Kind::writing));
    BOOST_TEST((producer.publish(chunk, 1) == Status::done));
    Taken taken;
    BOOST_TEST((consumer.take(taken) == Status::done));
    BOOST_TEST(consumer.has(taken));
    BOOST_TEST(!producer.has(taken));
    consumer.acknowledge(taken);
    BOOST_TEST(!consumer.has(taken));
}

BOOST_AUTO_TEST_CASE(ten_thousand_laps_lose_nothing_and_keep_all_memory) {
    {
        auto producer = user(1);
        auto consumer = user(2);
        for (int i = 0; i < 10'000; ++i) {
            const std::string text = "message " + std::to_string(i);
            for (int copies = 0; copies < 1 + i % 4; ++copies)
                BOOST_TEST_REQUIRE((put(producer, text) == Status::done));
            for (int copies = 0; copies < 1 + i % 4; ++copies)
                BOOST_TEST_REQUIRE(get(consumer) == text);
        }
    }
    BOOST_TEST(free_chunks() == arena.geometry().chunk_count());
}

BOOST_AUTO_TEST_CASE(a_message_may_have_the_size_of_the_queue_and_not_a_byte_more) {
    auto producer = user(1);
    auto consumer = user(2);
    const std::string whole(64, 'w');
    BOOST_TEST((put(producer, whole) == Status::done));
    BOOST_TEST((put(producer, whole + "x") == Status::too_long));
    BOOST_TEST(get(consumer) == whole);
}

BOOST_AUTO_TEST_CASE(a_queue_that_drops_gives_up_its_oldest_messages) {
    auto producer = user(1);
    auto consumer = user(2);
    for (const auto* text : {"1", "2", "3", "4", "5", "6"}) {
        ChunkId chunk = 0;
        BOOST_TEST_REQUIRE((producer.reserve_dropping(1, chunk) == Status::done));
        write(producer, chunk, text);
        BOOST_TEST((producer.publish(chunk, 1) == Status::done));
    }
    for (const auto* text : {"3", "4", "5", "6", "(nothing)"}) BOOST_TEST(get(consumer) == text);
    BOOST_TEST(arena.memory().header->dropped.load() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_in_line_when_it_is_closed_is_taken_and_nothing_is_put_any_more) {
    auto producer = user(1);
    auto consumer = user(2);
    BOOST_TEST((put(producer, "last") == Status::done));
    close();
    BOOST_TEST((put(producer, "more") == Status::closed));
    for (const auto* text : {"last", "(closed)", "(closed)"}) BOOST_TEST(get(consumer) == text);
}

BOOST_AUTO_TEST_CASE(who_waits_for_nothing_is_told_in_time_that_nothing_came) {
    auto consumer = user(1);
    Taken taken;
    BOOST_TEST((consumer.take_until(taken, past) == Status::would_block));
    auto producer = user(2);
    for (int i = 0; i < 4; ++i) BOOST_TEST((put(producer, "x") == Status::done));
    ChunkId chunk = 0;
    BOOST_TEST((producer.reserve_until(1, chunk, past) == Status::would_block));
    const auto waiting = arena.memory().header->readers.waiting.load();
    BOOST_TEST(parking::registered(waiting) == 0U);
}

// Years ahead: where the tickets wrap in a chunk's state, and where the cycles do in a slot.
BOOST_AUTO_TEST_CASE(tickets_may_wrap) {
    for (const std::uint32_t capacity : {4U, 2'048U}) {
        Shared shared{{.capacity = capacity, .message_size = 64}};
        const auto memory = shared.arena.memory();
        const auto& geometry = shared.arena.geometry();
        const unsigned bits = geometry.slot_bits();
        for (const Ticket wrap :
             {Ticket{1} << ticket_bits, Ticket{1} << (cycle_width(bits) + bits)}) {
            const Ticket begin = wrap - 3;
            for (Ticket ticket = begin - geometry.slot_count(); ticket < begin; ++ticket)
                memory.slots[geometry.slot_index(ticket)].store(
                    Slot{.cycle = cycle_of(ticket, bits), .chunk = 0}.word());
            memory.header->tail.store(begin);
            memory.header->head.store(begin);
            auto producer = shared.user(1);
            auto consumer = shared.user(2);
            Repair<Hardware> repair{geometry, memory, OnConsumerDeath::drop};
            for (int i = 0; i < 200; ++i) {
                const std::string text = std::to_string(i);
                BOOST_TEST_REQUIRE((put(producer, text) == Status::done));
                // Whoever has put it and died since: it is in line, and stays there.
                repair.begin(Dead{}.set(1));
                while (!repair.step(1'000)) continue;
                BOOST_TEST_REQUIRE(get(consumer) == text);
                BOOST_TEST_REQUIRE(get(consumer) == "(nothing)");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(whatever_stands_in_shared_memory_nothing_outside_of_it_is_touched) {
    auto producer = user(1);
    auto consumer = user(2);
    auto memory = arena.memory();
    const auto& geometry = arena.geometry();
    BOOST_TEST((put(producer, "x") == Status::done));
    auto& slot = memory.slots[geometry.slot_index(first_ticket(geometry))];
    const auto whole = Slot::from(slot.load());
    slot.store(Slot{.cycle = whole.cycle, .chunk = geometry.chunk_count()}.word());
    BOOST_TEST(get(consumer) == "(broken)");
    slot.store(whole.word());
    memory.chunks[whole.chunk].length.store(65);
    BOOST_TEST(get(consumer) == "(broken)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
