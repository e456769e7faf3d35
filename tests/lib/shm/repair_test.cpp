#include "lib/shm/repair.h"

#include <boost/test/unit_test.hpp>

#include "tests/lib/shm/arena.h"

namespace ccd::shm {
namespace {

struct Shared {
    Arena<Hardware> arena{{.capacity = 4, .message_size = 64}};
    Queue<Hardware> producer{arena.geometry(), arena.memory(), 1};
    Queue<Hardware> consumer{arena.geometry(), arena.memory(), 2};
    // Its clients are dead when they are repaired, and do not flush.
    Queue<Hardware>* dying = new Queue<Hardware>{arena.geometry(), arena.memory(), 3};

    ~Shared() { operator delete(dying); }

    void repair(OnConsumerDeath on_death = OnConsumerDeath::drop) {
        Repair<Hardware> repair{arena.geometry(), arena.memory(), on_death};
        Dead dead;
        dead.set(3);
        repair.begin(dead);
        while (!repair.step(2)) continue;
    }
    std::uint64_t lost() { return arena.memory().header->lost.load(); }
    std::uint64_t redelivered() { return arena.memory().header->redelivered.load(); }
    // All memory is there for who comes next.
    bool is_whole() {
        return count_free(arena.geometry(), arena.memory()) == arena.geometry().chunk_count();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(repair_suite, Shared)

BOOST_AUTO_TEST_CASE(what_a_dead_producer_was_writing_is_free_and_what_he_has_put_is_in_line) {
    ChunkId chunk = 0;
    BOOST_TEST((put(*dying, "done") == Status::done));
    BOOST_TEST((dying->reserve(5, chunk) == Status::done));
    write(*dying, chunk, "half");
    repair();
    for (const auto* text : {"done", "(nothing)"}) BOOST_TEST(get(consumer) == text);
    consumer.flush();
    BOOST_TEST(is_whole());
    BOOST_TEST(lost() == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_dead_consumer_was_reading_is_lost_and_counted) {
    BOOST_TEST((put(producer, "one") == Status::done));
    BOOST_TEST((put(producer, "two") == Status::done));
    Taken taken;
    BOOST_TEST((dying->take(taken) == Status::done));
    repair();
    for (const auto* text : {"two", "(nothing)"}) BOOST_TEST(get(consumer) == text);
    BOOST_TEST(lost() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_put_is_counted_though_its_producer_died_before_he_had_said_so) {
    BOOST_TEST((put(*dying, "one") == Status::done));
    auto& tail = arena.memory().header->tail;
    tail.store(tail.load() - 1);
    repair();
    const auto figures = figures_of(arena.geometry(), *arena.memory().header);
    BOOST_TEST(figures.depth == 1U);
    BOOST_TEST(figures.put == 1U);
}

BOOST_AUTO_TEST_CASE(or_is_delivered_again_behind_the_others_and_says_so) {
    BOOST_TEST((put(producer, "one") == Status::done));
    BOOST_TEST((put(producer, "two") == Status::done));
    Taken taken;
    BOOST_TEST((dying->take(taken) == Status::done));
    repair(OnConsumerDeath::redeliver);
    BOOST_TEST(get(consumer) == "two");
    BOOST_TEST((consumer.take(taken) == Status::done));
    BOOST_TEST(text_of(consumer, taken) == "one");
    BOOST_TEST(taken.deliveries == 1U);
    BOOST_TEST(lost() == 0U);
    BOOST_TEST(redelivered() == 1U);
}

BOOST_AUTO_TEST_CASE(whoever_spoils_the_line_breaks_the_queue_and_holds_up_nobody) {
    Taken taken;
    for (const auto* text : {"one", "two", "three"})
        BOOST_TEST((put(producer, text) == Status::done));
    for (int i = 0; i < 3; ++i) BOOST_TEST((dying->take(taken) == Status::done));
    // No ticket's turn ever comes: all slots are said to be laps ahead.
    const auto memory = arena.memory();
    const auto bits = arena.geometry().slot_bits();
    const Slot ahead{.cycle = cycle_of(memory.header->tail.load(), bits) + 3, .chunk = 0};
    for (std::size_t slot = 0; slot < arena.geometry().slot_count(); ++slot)
        memory.slots[slot].store(ahead.word());
    repair(OnConsumerDeath::redeliver);
    BOOST_TEST(redelivered() == 0U);
    BOOST_TEST((static_cast<Openness>(memory.header->openness.load()) == Openness::broken));
    BOOST_TEST((put(producer, "late") == Status::broken));
}

BOOST_AUTO_TEST_CASE(of_the_living_nothing_is_touched) {
    ChunkId chunk = 0;
    BOOST_TEST((producer.reserve(5, chunk) == Status::done));
    write(producer, chunk, "later");
    BOOST_TEST((put(producer, "first") == Status::done));
    Taken taken;
    BOOST_TEST((consumer.take(taken) == Status::done));
    repair();
    BOOST_TEST(text_of(consumer, taken) == "first");
    consumer.acknowledge(taken);
    BOOST_TEST((producer.publish(chunk, 5) == Status::done));
    BOOST_TEST(get(consumer) == "later");
}

BOOST_AUTO_TEST_CASE(a_repair_that_was_cut_off_is_done_by_the_next) {
    for (const auto* text : {"one", "two", "three"})
        BOOST_TEST((put(producer, text) == Status::done));
    Taken taken;
    for (int i = 0; i < 3; ++i) BOOST_TEST((dying->take(taken) == Status::done));
    {
        Repair<Hardware> cut_off{arena.geometry(), arena.memory(), OnConsumerDeath::redeliver};
        Dead dead;
        dead.set(3);
        cut_off.begin(dead);
        BOOST_TEST(!cut_off.step(2));
    }
    // As its own, from which only the stamp and the publishing were missing.
    auto& state = arena.memory().chunks[2].state;
    state.store(ChunkState{.kind = Kind::writing, .client = the_daemon}.word());
    repair(OnConsumerDeath::redeliver);
    for (const auto* text : {"one", "two", "three", "(nothing)"}) BOOST_TEST(get(consumer) == text);
}

BOOST_AUTO_TEST_CASE(waiters_of_the_dead_are_counted_no_longer) {
    auto& readers = arena.memory().header->readers;
    readers.waiting.fetch_add(parking::one_arrival + parking::one_registered);
    const auto before = readers.waiting.load();
    repair();
    BOOST_TEST(parking::registered(readers.waiting.load()) == 0U);
    BOOST_TEST(parking::epoch(readers.waiting.load()) == parking::epoch(before) + 1);
    parking::deregister(readers, before);
    BOOST_TEST(parking::registered(readers.waiting.load()) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
