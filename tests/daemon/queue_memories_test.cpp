// The memory of queues: how it is made, kept and shared out, and what becomes of it.
#include "daemon/queue_memories.h"

#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <iterator>

#include "tests/daemon/queue_life.h"

namespace ccd::daemon {
namespace {

const queue::CreateRequest frames{
    .name = "frames", .capacity = 4, .message_size = Bytes{100}, .mode = "0666"};

queue::CreateRequest other(std::string name, std::uint32_t capacity = 4) {
    return {.name = std::move(name), .capacity = capacity, .message_size = Bytes{1}};
}

std::ptrdiff_t open_descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return std::distance(begin(all), end(all));
}

struct Memories {
    // Nothing is under way any more.
    void settle() {
        life.carry_out();
        BOOST_TEST_REQUIRE(life.loop.finish_work(Millis{60'000}));
        for (int i = 0; i < 3; ++i) life.turn(UV_RUN_NOWAIT);
    }
    // Of frames.
    void check_refused(Errc code) {
        auto& reply = life.answer();
        BOOST_TEST(reply.descriptors.empty());
        BOOST_TEST_REQUIRE(reply.error.has_value());
        BOOST_TEST((reply.error->code == code), reply.error->message);
    }

    QueueHome home;
    QueueLife life{home};
    const pid_t me = ::getpid();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue_memories, Memories, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(all_who_attach_have_the_same_memory) {
    const auto id = life.create(frames);
    BOOST_TEST(life.memories.figures(id).put == 0U);
    auto first = life.attach(id, me);
    auto second = life.attach(id, me);
    BOOST_TEST(first.put("one"));
    BOOST_TEST(second.take() == "one");
    BOOST_TEST(life.memories.figures(id).got == 1U);
    BOOST_TEST(home.names_kept() == "attendance q1c q1m q1p q1r ");
}

BOOST_AUTO_TEST_CASE(several_who_ask_before_there_is_memory_get_the_same) {
    const auto id = life.create(frames);
    const auto first = life.ask(id, me);
    const auto second = life.ask(id, me);
    life.answer();
    BOOST_TEST_REQUIRE(life.replies.size() == 2U);
    QueueEnd one{life.row(id), first, std::move(life.replies[0].descriptors)};
    QueueEnd two{life.row(id), second, std::move(life.replies[1].descriptors)};
    BOOST_TEST(one.put("one"));
    BOOST_TEST(two.take() == "one");
}

BOOST_AUTO_TEST_CASE(who_shows_another_process_than_his_own_is_refused_and_has_no_number) {
    const auto id = life.create(frames);
    life.ask(id, me, process_of(::getppid()));
    check_refused(Errc::denied);
    life.ask(id, me, UniqueFd{::dup(STDERR_FILENO)});
    check_refused(Errc::denied);
    BOOST_TEST(!life.rules.find(id)->is_used());
}

BOOST_AUTO_TEST_CASE(a_queue_that_is_destroyed_while_its_memory_is_made_has_none) {
    life.attach(life.create(other("before")), me);
    settle();
    const auto before = open_descriptors();
    life.ask(life.create(frames), me);
    life.carry_out();
    life.destroy("frames");
    check_refused(Errc::not_found);
    settle();
    BOOST_TEST(life.rules.memory().count == service::memory_of(life.rows().front()).count);
    BOOST_TEST(open_descriptors() == before);
    BOOST_TEST(home.names_kept() == "attendance q1c q1m q1p q1r ");
}

BOOST_AUTO_TEST_CASE(who_leaves_while_the_memory_is_made_is_told_so) {
    const auto id = life.create(frames);
    const auto client = life.ask(id, me);
    life.carry_out();
    life.rules.leave(id, client);
    check_refused(Errc::not_found);
    BOOST_TEST(!life.rules.find(id)->is_used());
}

BOOST_AUTO_TEST_CASE(who_is_gone_before_he_is_told_has_left) {
    const auto id = life.create(frames);
    life.is_connected = false;
    const auto client = life.ask(id, me);
    life.until([&] { return life.is_mended(id, client); });
    BOOST_TEST(!life.rules.find(id)->is_used());
}

// With so few that it fails at each place at which it can.
BOOST_AUTO_TEST_CASE(where_descriptors_are_short_an_attach_is_refused_and_leaves_nothing) {
    life.attach(life.create(other("before")), me);
    settle();
    const auto before = open_descriptors();
    const auto memory = life.rules.memory().count;
    std::size_t refused = 0;
    for (bool is_given = false; !is_given;) {
        const auto id = life.create(frames);
        const auto client = life.ask(id, me);
        {
            const FewDescriptors few{refused};
            life.answer();
        }
        auto reply = std::move(life.replies.back());
        is_given = !reply.descriptors.empty();
        if (is_given) {
            BOOST_TEST(reply.descriptors.size() == 4U);
            life.rules.leave(id, client);
            life.until([&] { return life.is_mended(id, client); });
        } else {
            BOOST_TEST_REQUIRE(reply.error.has_value());
            const auto code = reply.error->code;
            BOOST_TEST((code == Errc::over_limit || code == Errc::internal));
            BOOST_TEST(!life.rules.find(id)->is_used());
            BOOST_TEST_REQUIRE(++refused < 100U);
        }
        reply.descriptors.clear();
        life.destroy("frames");
        settle();
        BOOST_TEST(life.rules.memory().count == memory);
        BOOST_TEST(open_descriptors() == before,
                   "with " << refused << ": " << open_descriptors() << " in place of " << before);
    }
    BOOST_TEST(refused >= 8U);
}

BOOST_AUTO_TEST_CASE(who_uses_a_destroyed_queue_is_woken_and_keeps_its_memory_until_he_leaves) {
    const auto id = life.create(frames);
    auto end = life.attach(id, me);
    BOOST_TEST(end.put("last"));
    BOOST_TEST(!end.is_woken());
    life.destroy("frames");
    settle();
    BOOST_TEST(end.is_closed());
    BOOST_TEST(end.is_woken());
    BOOST_TEST(!end.put("late"));
    BOOST_TEST(end.take() == "last");
    BOOST_TEST(life.rules.memory().count > 0U);
    BOOST_TEST(home.names_kept() == "attendance ");
    life.rules.leave(id, 1);
    settle();
    BOOST_TEST(life.rules.memory().count == 0U);
    // Its pages are not ccd's any more, though somebody has them mapped.
    BOOST_TEST(!end.is_closed());
}

// Two that take several turns each, and one that takes a moment.
BOOST_AUTO_TEST_CASE(all_queues_share_what_is_looked_at_in_a_turn_and_none_waits_for_another) {
    const auto first = life.create(other("first", 9'000));
    const auto second = life.create(other("second", 9'000));
    const auto small = life.create(other("small", 1));
    std::uint64_t chunks = 0;
    for (const auto id : {first, second, small}) {
        life.attach(id, me);
        chunks += shm::Geometry{service::shape_of(life.row(id))}.chunk_count();
    }
    settle();
    const auto begun = life.turns;
    for (const auto id : {first, second, small}) life.rules.leave(id, 1);
    while (life.mended.size() < 3) life.turn(UV_RUN_NOWAIT);
    const auto turn_of = [&](store::QueueId id) {
        return std::ranges::find(life.mended, id, &QueueLife::Mended::queue)->turn - begun;
    };
    constexpr auto most = QueueMemories::chunks_per_turn;
    BOOST_TEST(turn_of(small) < turn_of(first));
    BOOST_TEST(turn_of(small) < turn_of(second));
    BOOST_TEST(std::max(turn_of(first), turn_of(second)) >= (chunks + most - 1) / most);
    for (const auto id : {first, second, small}) BOOST_TEST(!life.rules.find(id)->is_used());
}

BOOST_AUTO_TEST_CASE(a_keeper_that_was_replaced_is_given_everything_anew) {
    life.attach(life.create(frames), me);
    home.kill_keeper();
    home.pause();
    life.attach(life.create(other("next")), me);
    BOOST_TEST(life.memories.trouble() == "");
    BOOST_TEST(home.names_kept() == "attendance q1c q1m q1p q1r q2c q2m q2p q2r ");
}

// It takes the ten seconds after which it is tried again.
BOOST_AUTO_TEST_CASE(what_cannot_be_kept_is_given_all_the_same_told_once_and_kept_later) {
    life.attach(life.create(frames), me);
    home.kill_keeper();
    const auto told = told_by([&] {
        for (const char* name : {"second", "third"}) {
            auto end = life.attach(life.create(other(name)), me);
            BOOST_TEST(end.put("x"));
        }
    });
    constexpr std::string_view why = "they would be empty after a restart";
    BOOST_TEST(told.find(why) != std::string::npos);
    BOOST_TEST(told.find(why) == told.rfind(why), told);
    BOOST_TEST(life.memories.trouble().starts_with(why));
    home.pause();
    life.until([&] { return life.memories.trouble().empty(); });
    BOOST_TEST(home.names_kept() == "attendance q1c q1m q1p q1r q2c q2m q2p q2r q3c q3m q3p q3r ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::daemon
