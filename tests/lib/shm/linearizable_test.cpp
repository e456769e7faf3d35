// Real processes over one queue note what they do and when, and what they note is what a queue
// does.
//
// A put is noted around its publish and a take around its take, where they happen: what is so of
// these is so of all that encloses them. Nothing waits, so that it is noted as well when nothing
// was found. How fast anything goes decides nothing.
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "lib/shm/attachment.h"
#include "lib/shm/repair.h"
#include "tests/harness/child.h"
#include "tests/lib/shm/diary.h"
#include "tests/lib/shm/history.h"

namespace ccd::shm {
namespace {

constexpr Millis long_enough{300'000};

// The hardware, but that others may come in between at any step, and that one step is the last.
struct Shaken : Hardware {
    static void step() {
        if (steps_left != 0 && --steps_left == 0) ::kill(::getpid(), SIGKILL);
        if (one_in != 0 && next_random() % one_in == 0) ::sched_yield();
    }

    static std::uint64_t next_random() {
        random ^= random << 13;
        random ^= random >> 7;
        return random ^= random << 17;
    }

    inline static std::uint64_t random = 1;
    inline static std::uint64_t one_in = 0;      // steps; 0: it is not shaken
    inline static std::uint64_t steps_left = 0;  // 0: it lives on
};

// To no avail: it does not count as a part of life, of which most would go by like that.
void wait_a_moment(std::uint64_t steps_left_before) {
    Shaken::steps_left = steps_left_before;
    ::sched_yield();
}

Memory<Shaken> shaken(const Memory<Hardware>& memory) {
    return {.header = reinterpret_cast<Header<Shaken>*>(memory.header),
            .slots = memory.slots,
            .chunks = reinterpret_cast<Chunk<Shaken>*>(memory.chunks),
            .bits = memory.bits,
            .payload = memory.payload};
}

using Role = Attachment::Role;

enum class Came : int { to_its_end = 0, to_grief = 1 };

// One user of a queue, in a process of its own.
class User {
public:
    User(const QueueMemory& memory, QueueShape shape, Role role, ClientId me, Diary diary)
        : attached_(Attachment::open(memory, shape, role).value()),
          queue_(attached_.geometry(), shaken(attached_.memory()), me),
          diary_(diary) {}

    Came put(const Diaries& diaries, Value first, Value count) {
        for (Value value = first; value < first + count && !diaries.is_over();) {
            const auto steps_left = Shaken::steps_left;
            ChunkId chunk = 0;
            const Status status = queue_.reserve(sizeof value, chunk);
            if (status == Status::done) {
                std::memcpy(queue_.room(chunk).data(), &value, sizeof value);
                diary_.begin(Operation::Kind::put, value);
                if (queue_.publish(chunk, sizeof value) != Status::done) return Came::to_grief;
                diary_.end(read_clock(), value++);
            } else if (status == Status::would_block) {
                wait_a_moment(steps_left);
            } else {
                return Came::to_grief;
            }
        }
        return Came::to_its_end;
    }

    // Until nothing is left and nothing comes. That nothing was found may be left out of a history,
    // and is where there is little room.
    Came take(const Diaries& diaries, std::size_t room_for_values) {
        for (;;) {
            const bool is_over = diaries.is_over();
            const auto steps_left = Shaken::steps_left;
            Taken taken;
            diary_.begin(Operation::Kind::take);
            const Status status = queue_.take(taken);
            const Instant now = read_clock();
            if (status == Status::done) {
                Value value = 0;
                std::memcpy(&value, queue_.message(taken).data(), sizeof value);
                diary_.end(now, value);
                queue_.acknowledge(taken);
                continue;
            }
            if (status != Status::would_block) return Came::to_grief;
            if (is_over || diary_.room() > room_for_values)
                diary_.end(now, Diary::nothing);
            else
                diary_.forget();
            if (is_over) return Came::to_its_end;
            wait_a_moment(steps_left);
        }
    }

private:
    const Attachment attached_;
    Queue<Shaken> queue_;
    Diary diary_;
};

struct Round {
    QueueShape shape;
    ClientId producers = 0;
    ClientId consumers = 0;
    std::uint64_t one_in = 0;

    ClientId users() const { return static_cast<ClientId>(producers + consumers); }
    Role role(ClientId user) const { return user < producers ? Role::producer : Role::consumer; }
};

// Its users, whose numbers in the queue are one higher than here.
class Play {
public:
    Play(const Round& round, std::size_t diaries, std::size_t entries_each)
        : round_(round), diaries_(diaries, entries_each) {
        Shaken::one_in = round_.one_in;
    }

    // To put so many at most, or to take until it is over; and to die after so many steps.
    harness::Child start(ClientId user, std::size_t diary, Value count, std::uint64_t steps) {
        return harness::Child::fork([&] {
                   Shaken::random = diary + 1;
                   Shaken::steps_left = steps;
                   return static_cast<int>(act(user, diary, count));
               })
            .value();
    }

    Came act(ClientId user, std::size_t diary, Value count) {
        const Role role = round_.role(user);
        User who{memory_, round_.shape, role, static_cast<ClientId>(user + 1),
                 diaries_.diary(diary)};
        if (role == Role::producer) return who.put(diaries_, Value{diary} << 32, count);
        return who.take(diaries_, count);
    }

    // Of a dead one. Who had taken something and not noted it still had it.
    void repair(ClientId user, std::size_t diary) {
        const auto lost = attached_.memory().header->lost.load();
        Repair<Shaken> repair{attached_.geometry(), shaken(attached_.memory()),
                              OnConsumerDeath::drop};
        Dead dead;
        dead.set(std::size_t{user} + 1);
        repair.begin(dead);
        while (!repair.step(1)) continue;
        if (attached_.memory().header->lost.load() == lost) diaries_.diary(diary).forget_take();
    }

    void set_over() { diaries_.set_over(); }

    History check() const {
        History history = diaries_.history();
        BOOST_TEST(violation(history).value_or("none") == "none");
        return history;
    }

private:
    const Round round_;
    QueueMemory memory_ = create_queue("test", round_.shape).value();
    Attachment attached_ = Attachment::open(memory_, round_.shape, Role::producer).value();
    Diaries diaries_;
};

void wait_for(std::vector<harness::Child>& children) {
    for (harness::Child& child : children)
        BOOST_TEST_REQUIRE(child.wait(long_enough).value_or(-1) == 0);
}

// Each producer puts so many, and all are taken.
void check_living(const Round& round, Value puts_each) {
    const Value puts = puts_each * round.producers;
    Play play{round, round.users(), puts + 50'000};
    std::vector<harness::Child> producers;
    std::vector<harness::Child> consumers;
    for (ClientId user = 0; user < round.users(); ++user)
        if (round.role(user) == Role::producer)
            producers.push_back(play.start(user, user, puts_each, 0));
        else
            consumers.push_back(play.start(user, user, puts, 0));
    wait_for(producers);
    play.set_over();
    wait_for(consumers);

    const History history = play.check();
    const auto count = [&](Operation::Kind kind, bool has_value) {
        return std::ranges::count_if(history, [&](const Operation& act) {
            return act.kind == kind && act.value.has_value() == has_value;
        });
    };
    const auto found_nothing = count(Operation::Kind::take, false);
    BOOST_TEST(count(Operation::Kind::put, true) == static_cast<std::ptrdiff_t>(puts));
    BOOST_TEST(count(Operation::Kind::take, true) == static_cast<std::ptrdiff_t>(puts));
    BOOST_TEST(found_nothing >= std::ptrdiff_t{round.consumers});
    BOOST_TEST_MESSAGE(history.size()
                       << " operations, of which " << found_nothing << " found nothing");
}

bool was_killed(int status) {
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

// It is repaired at once, while what it has put is in line. Where nobody dies, it is one who lives.
ClientId first_dead(const std::vector<harness::Child>& children) {
    std::vector<pollfd> ends;
    for (const harness::Child& child : children)
        ends.push_back({.fd = child.pidfd(), .events = POLLIN, .revents = 0});
    ::poll(ends.data(), ends.size(), static_cast<int>(long_enough.count()));
    const auto dead = std::ranges::find_if(ends, [](const pollfd& end) { return end.revents; });
    return static_cast<ClientId>(dead == ends.end() ? 0 : dead - ends.begin());
}

// Users die after up to so many steps, and others take their numbers, until so many are dead.
void check_dying(const Round& round, std::size_t deaths, std::uint32_t most_steps) {
    Play play{round, round.users() + deaths + 1, most_steps + 1'000};
    std::mt19937 random{20241006};
    std::size_t next_diary = 0;
    std::vector<std::size_t> diaries(round.users());
    const auto start = [&](ClientId user) {
        diaries[user] = next_diary++;
        return play.start(user, diaries[user], most_steps, 1 + random() % most_steps);
    };
    std::vector<harness::Child> children;
    for (ClientId user = 0; user < round.users(); ++user) children.push_back(start(user));
    while (next_diary < round.users() + deaths) {
        const ClientId user = first_dead(children);
        BOOST_TEST_REQUIRE(was_killed(children[user].wait(long_enough).value_or(0)));
        play.repair(user, diaries[user]);
        children[user] = start(user);
    }
    play.set_over();
    for (ClientId user = 0; user < round.users(); ++user) {
        const int status = children[user].wait(long_enough).value_or(-1);
        BOOST_TEST_REQUIRE((was_killed(status) || status == 0));
        play.repair(user, diaries[user]);
    }
    BOOST_TEST((play.act(round.producers, next_diary, 0) == Came::to_its_end));

    const History history = play.check();
    const auto pending = std::ranges::count(history, never, &Operation::returned);
    BOOST_TEST(pending > 0);
    BOOST_TEST_MESSAGE(history.size() << " operations, of which " << pending << " never returned");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(linearizable)

BOOST_AUTO_TEST_CASE(what_four_processes_note_is_what_a_queue_does) {
    check_living({.shape = {.capacity = 64, .message_size = 8}, .producers = 2, .consumers = 2},
                 60'000);
}

BOOST_AUTO_TEST_CASE(and_where_others_come_in_between_at_any_step) {
    check_living(
        {.shape = {.capacity = 2, .message_size = 8}, .producers = 2, .consumers = 2, .one_in = 64},
        5'000);
}

BOOST_AUTO_TEST_CASE(and_where_there_are_eight_of_them) {
    check_living(
        {.shape = {.capacity = 8, .message_size = 8}, .producers = 4, .consumers = 4, .one_in = 64},
        2'500);
}

BOOST_AUTO_TEST_CASE(and_where_they_are_killed_at_any_step_and_repaired) {
    check_dying({.shape = {.capacity = 16, .message_size = 8},
                 .producers = 3,
                 .consumers = 2,
                 .one_in = 128},
                100, 6'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
