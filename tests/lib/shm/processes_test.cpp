// Messages between real processes.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "lib/shm/attachment.h"
#include "tests/lib/shm/arena.h"

namespace ccd::shm {
namespace {

constexpr QueueShape shape{.capacity = 4, .message_size = 64};
constexpr std::uint64_t count = 100'000;

bool put_all(const QueueMemory& memory, Time deadline) {
    const Attachment own = Attachment::open(memory, shape, Attachment::Role::producer).value();
    Queue<Hardware> queue{own.geometry(), own.memory(), 1};
    for (std::uint64_t i = 0; i < count; ++i) {
        ChunkId chunk = 0;
        if (queue.reserve_until(64, chunk, deadline) != Status::done) return false;
        for (std::size_t word = 0; word < 8; ++word)
            std::memcpy(queue.room(chunk).data() + word * 8, &i, 8);
        if (queue.publish(chunk, 64) != Status::done) return false;
    }
    return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(a_hundred_thousand_messages_come_from_another_process_whole_and_in_order) {
    const Time late = Hardware::now() + std::chrono::minutes{5};
    const QueueMemory memory = create_queue("test", shape).value();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(put_all(memory, late) ? 0 : 1);
    const Attachment own = Attachment::open(memory, shape, Attachment::Role::consumer).value();
    Queue<Hardware> queue{own.geometry(), own.memory(), 3};
    for (std::uint64_t i = 0; i < count; ++i) {
        Taken taken;
        BOOST_TEST_REQUIRE((queue.take_until(taken, late) == Status::done));
        std::array<std::uint64_t, 8> words{};
        std::memcpy(words.data(), queue.message(taken).data(), 64);
        for (const std::uint64_t word : words) BOOST_TEST_REQUIRE(word == i);
        queue.acknowledge(taken);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    queue.flush();
    BOOST_TEST(count_free(own.geometry(), own.memory()) == own.geometry().chunk_count());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
