// Threads over one mapping, for the thread sanitizer: it sees what one of them has written and
// another reads without an order between them. Of other processes and mappings it knows nothing;
// nor of a memcpy that the compiler has done away with, so words are written one by one.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/lib/shm/arena.h"

namespace ccd::shm {
namespace {

constexpr std::uint64_t per_producer = 20'000;
constexpr std::size_t words = 8;

struct Crowd {
    Arena<Hardware> arena{{.capacity = 16, .message_size = words * 8}};
    const Time late = Hardware::now() + std::chrono::minutes{5};
    std::atomic<std::uint64_t> got{0};
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<std::uint64_t> refused{0};

    void produce(ClientId id) {
        Queue<Hardware> queue{arena.geometry(), arena.memory(), id};
        for (std::uint64_t i = 0; i < per_producer; ++i) {
            ChunkId chunk = 0;
            if (queue.reserve_until(words * 8, chunk, late) != Status::done) {
                ++refused;
                return;
            }
            auto* text = reinterpret_cast<std::uint64_t*>(queue.room(chunk).data());
            for (std::size_t word = 0; word < words; ++word) text[word] = id * per_producer + i;
            if (queue.publish(chunk, words * 8) != Status::done) ++refused;
        }
    }
    void consume(ClientId id, std::uint64_t count) {
        Queue<Hardware> queue{arena.geometry(), arena.memory(), id};
        for (std::uint64_t i = 0; i < count; ++i) {
            Taken taken;
            if (queue.take_until(taken, late) != Status::done) {
                ++refused;
                return;
            }
            const auto* text = reinterpret_cast<const std::uint64_t*>(queue.message(taken).data());
            for (std::size_t word = 1; word < words; ++word)
                wrong += text[word] != text[0] ? 1U : 0U;
            if (i % 100 == 0 && taken.deliveries == 0) {
                if (queue.put_back(taken) != Status::done) ++refused;
                --i;
                continue;
            }
            queue.acknowledge(taken);
            ++got;
        }
    }
    // Whoever is mended has never done anything: that goes on beside those who work.
    void repair(const std::atomic<bool>& is_over) {
        Repair<Hardware> repair{arena.geometry(), arena.memory(), OnConsumerDeath::redeliver};
        while (!is_over) {
            repair.begin(Dead{}.set(100));
            while (!repair.step(3)) continue;
            std::this_thread::yield();
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(threads, Crowd)

BOOST_AUTO_TEST_CASE(what_two_producers_put_two_consumers_read_whole_while_a_repair_is_at_work) {
    std::atomic<bool> is_over{false};
    std::thread daemon{[&] { repair(is_over); }};
    {
        std::vector<std::jthread> users;
        for (ClientId id = 1; id <= 2; ++id) users.emplace_back([this, id] { produce(id); });
        for (ClientId id = 3; id <= 4; ++id)
            users.emplace_back([this, id] { consume(id, per_producer); });
    }
    is_over = true;
    daemon.join();
    BOOST_TEST(got == 2 * per_producer);
    BOOST_TEST(wrong == 0U);
    BOOST_TEST(refused == 0U);
    BOOST_TEST(count_free(arena.geometry(), arena.memory()) == arena.geometry().chunk_count());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
