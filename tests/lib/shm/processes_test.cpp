// Real processes over one queue, and death at every single instruction of a put and of a get.
//
// The code under the single steps is compiled without sanitizers, as it is in production, over a
// machine of its own, so that no other instantiation takes its place.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <functional>
#include <string>

#include "lib/shm/attachment.h"
#include "tests/lib/shm/arena.h"

namespace ccd::shm {
namespace {

struct Bare : Hardware {};

constexpr QueueShape shape{.capacity = 4, .message_size = 64};
constexpr ClientId mortal = 1;

// The same memory, for code over `Bare`.
Memory<Bare> bare(const Memory<Hardware>& memory) {
    return {.header = reinterpret_cast<Header<Bare>*>(memory.header),
            .slots = memory.slots,
            .chunks = reinterpret_cast<Chunk<Bare>*>(memory.chunks),
            .bits = memory.bits,
            .payload = memory.payload};
}

struct Shared {
    QueueMemory memory = create_queue("test", shape).value();
    Attachment attached = Attachment::open(memory, shape, Attachment::Role::producer).value();
    Queue<Hardware> user{attached.geometry(), attached.memory(), 2};

    void repair(OnConsumerDeath on_death) {
        Repair<Hardware> repair{attached.geometry(), attached.memory(), on_death};
        Dead dead;
        dead.set(mortal);
        repair.begin(dead);
        while (!repair.step(1)) continue;
    }
    std::uint64_t lost() { return attached.memory().header->lost.load(); }
    void check_all_is_free() {
        user.flush();
        BOOST_TEST_REQUIRE(count_free(attached.geometry(), attached.memory()) ==
                           attached.geometry().chunk_count());
    }
};

enum class Came : std::uint8_t { to_its_end, to_death };

// Runs `what` in a process of its own, and kills it after so many of its instructions.
Came run_for(int instructions, const Shared& shared,
             const std::function<void(Queue<Bare>&)>& what) {
    const pid_t child = ::fork();
    if (child == 0) {
        const Attachment own =
            Attachment::open(shared.memory, shape, Attachment::Role::producer).value();
        // Never destroyed: what it keeps ready is for the repair to find.
        alignas(Queue<Bare>) std::array<std::byte, sizeof(Queue<Bare>)> place;
        auto* queue = new (place.data()) Queue<Bare>{own.geometry(), bare(own.memory()), mortal};
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        what(*queue);
        ::_exit(0);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST_REQUIRE(WIFSTOPPED(status));
    for (int i = 0; i < instructions; ++i) {
        BOOST_TEST_REQUIRE(::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0);
        BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
        if (WIFEXITED(status)) return Came::to_its_end;
        BOOST_TEST_REQUIRE(WIFSTOPPED(status));
    }
    ::kill(child, SIGKILL);
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    return Came::to_death;
}

void put_bare(Queue<Bare>& queue) {
    ChunkId chunk = 0;
    if (queue.reserve(5, chunk) != Status::done) ::_exit(1);
    std::memcpy(queue.room(chunk).data(), "whole", 5);
    if (queue.publish(chunk, 5) != Status::done) ::_exit(1);
}

void get_bare(Queue<Bare>& queue) {
    Taken taken;
    if (queue.take(taken) != Status::done) ::_exit(1);
    queue.acknowledge(taken);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(a_producer_killed_at_any_instruction_has_put_the_whole_message_or_nothing) {
    int there = 0;
    int instructions = 0;
    for (bool is_over = false; !is_over; ++instructions) {
        Shared shared;
        is_over = run_for(instructions, shared, put_bare) == Came::to_its_end;
        shared.repair(OnConsumerDeath::drop);
        const std::string found = get(shared.user);
        BOOST_TEST_REQUIRE((found == "whole" || (found == "(nothing)" && !is_over)));
        there += found == "whole" ? 1 : 0;
        BOOST_TEST_REQUIRE(get(shared.user) == "(nothing)");
        shared.check_all_is_free();
    }
    BOOST_TEST(there > 1);
    BOOST_TEST(instructions > 50);
    BOOST_TEST_MESSAGE(instructions << " instructions, " << there << " with the message");
}

BOOST_AUTO_TEST_CASE(of_a_consumer_killed_at_any_instruction_the_message_is_there_or_counted) {
    int acknowledged = 0;
    int lost = 0;
    int instructions = 0;
    for (bool is_over = false; !is_over; ++instructions) {
        Shared shared;
        BOOST_TEST_REQUIRE((put(shared.user, "whole") == Status::done));
        is_over = run_for(instructions, shared, get_bare) == Came::to_its_end;
        shared.repair(OnConsumerDeath::drop);
        const std::string found = get(shared.user);
        BOOST_TEST_REQUIRE((found == "whole" || found == "(nothing)"));
        BOOST_TEST_REQUIRE(shared.lost() <= (found == "whole" ? 0U : 1U));
        if (found == "(nothing)") ++(shared.lost() == 1 ? lost : acknowledged);
        shared.check_all_is_free();
    }
    BOOST_TEST(lost > 0);
    BOOST_TEST(acknowledged > 0);
    BOOST_TEST_MESSAGE(instructions << " instructions, lost at " << lost);
}

BOOST_AUTO_TEST_CASE(delivered_again_it_is_there_until_it_was_acknowledged) {
    int again = 0;
    for (int instructions = 0;; ++instructions) {
        Shared shared;
        BOOST_TEST_REQUIRE((put(shared.user, "whole") == Status::done));
        const Came came = run_for(instructions, shared, get_bare);
        shared.repair(OnConsumerDeath::redeliver);
        BOOST_TEST_REQUIRE(shared.lost() == 0U);
        Taken taken;
        const Status status = shared.user.take(taken);
        BOOST_TEST_REQUIRE((status == Status::done || status == Status::would_block));
        if (status == Status::done) {
            BOOST_TEST_REQUIRE(text_of(shared.user, taken) == "whole");
            BOOST_TEST_REQUIRE(taken.deliveries <= 1U);
            again += static_cast<int>(taken.deliveries);
            shared.user.acknowledge(taken);
        }
        shared.check_all_is_free();
        if (came == Came::to_its_end) break;
    }
    BOOST_TEST(again > 0);
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_messages_come_from_another_process_whole_and_in_order) {
    constexpr std::uint64_t count = 100'000;
    const Time late = Hardware::now() + std::chrono::minutes{5};
    Shared shared;
    const pid_t child = ::fork();
    if (child == 0) {
        const Attachment own =
            Attachment::open(shared.memory, shape, Attachment::Role::producer).value();
        Queue<Hardware> queue{own.geometry(), own.memory(), mortal};
        for (std::uint64_t i = 0; i < count; ++i) {
            ChunkId chunk = 0;
            if (queue.reserve_until(64, chunk, late) != Status::done) ::_exit(1);
            for (std::size_t word = 0; word < 8; ++word)
                std::memcpy(queue.room(chunk).data() + word * 8, &i, 8);
            if (queue.publish(chunk, 64) != Status::done) ::_exit(1);
        }
        ::_exit(0);
    }
    const Attachment own =
        Attachment::open(shared.memory, shape, Attachment::Role::consumer).value();
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
    shared.repair(OnConsumerDeath::drop);
    shared.check_all_is_free();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
