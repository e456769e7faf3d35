#include "daemon/loop/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "ccd/unique_fd.h"

namespace ccd::loop {
namespace {

constexpr Millis ample{60'000};

// Two ends that are connected to each other.
struct Pair {
    Pair() {
        std::array<int, 2> ends{};
        BOOST_TEST_REQUIRE(
            ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
        ours.reset(ends[0]);
        theirs.reset(ends[1]);
    }

    void say(std::string_view bytes) const {
        BOOST_TEST_REQUIRE(::send(theirs.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                           static_cast<ssize_t>(bytes.size()));
    }
    // What was said, up to `most` bytes.
    std::string hear(std::size_t most = 100) const {
        std::string bytes(most, '\0');
        auto size = ::recv(ours.get(), bytes.data(), bytes.size(), 0);
        bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return bytes;
    }

    UniqueFd ours;
    UniqueFd theirs;
};

// Everything that is ready, without sleeping.
void turn(Loop& loop) {
    uv_run(loop.raw(), UV_RUN_NOWAIT);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timers)

BOOST_AUTO_TEST_CASE(a_timer_fires_once) {
    Loop loop;
    int fired = 0;
    Timer timer{loop, [&] { ++fired; }};
    BOOST_TEST(!timer.is_set());
    timer.set(Millis{0});
    BOOST_TEST(timer.is_set());
    loop.run();  // until nothing is left to wait for
    BOOST_TEST(fired == 1);
    BOOST_TEST(!timer.is_set());
}

BOOST_AUTO_TEST_CASE(timers_fire_in_the_order_of_their_times) {
    Loop loop;
    std::string order;
    Timer late{loop, [&] { order += "late "; }};
    Timer early{loop, [&] { order += "early "; }};
    late.set(Millis{2});
    early.set(Millis{1});
    loop.run();
    BOOST_TEST(order == "early late ");
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_does_not_fire) {
    Loop loop;
    bool has_fired = false;
    Timer timer{loop, [&] { has_fired = true; }};
    timer.set(Millis{0});
    timer.cancel();
    BOOST_TEST(!timer.is_set());
    loop.run();
    BOOST_TEST(!has_fired);
}

BOOST_AUTO_TEST_CASE(a_timer_that_is_set_again_fires_for_the_last_time_only) {
    Loop loop;
    int fired = 0;
    Timer timer{loop, [&] { ++fired; }};
    timer.set(Millis{3'600'000});
    timer.set(Millis{1});
    loop.run();
    BOOST_TEST(fired == 1);
}

BOOST_AUTO_TEST_CASE(a_time_that_is_over_fires_at_once) {
    Loop loop;
    bool has_fired = false;
    Timer timer{loop, [&] { has_fired = true; }};
    timer.set(Millis{-5'000});
    loop.run();
    BOOST_TEST(has_fired);
}

BOOST_AUTO_TEST_CASE(a_timer_may_set_itself_again) {
    Loop loop;
    int fired = 0;
    std::unique_ptr<Timer> timer;
    timer = std::make_unique<Timer>(loop, [&] {
        if (++fired < 3) timer->set(Millis{0});
    });
    timer->set(Millis{0});
    loop.run();
    BOOST_TEST(fired == 3);
}

BOOST_AUTO_TEST_CASE(a_timer_may_be_destroyed_by_what_it_calls) {
    Loop loop;
    std::string text = "kept until the call is over";
    std::unique_ptr<Timer> timer;
    timer = std::make_unique<Timer>(loop, [&timer, text] {
        timer.reset();
        BOOST_TEST(text == "kept until the call is over");
    });
    timer->set(Millis{0});
    loop.run();
    BOOST_TEST(timer == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(polls)

BOOST_AUTO_TEST_CASE(a_poll_calls_while_there_is_something_to_read) {
    Loop loop;
    Pair pair;
    std::string heard;
    Poll poll{loop, pair.ours.get(), [&] { heard += pair.hear(2) + "|"; }};
    turn(loop);
    BOOST_TEST(heard.empty());
    pair.say("abcd");
    turn(loop);
    turn(loop);
    turn(loop);
    BOOST_TEST(heard == "ab|cd|");
}

BOOST_AUTO_TEST_CASE(a_peer_that_has_closed_is_readable) {
    Loop loop;
    Pair pair;
    int called = 0;
    Poll poll{loop, pair.ours.get(), [&] { ++called; }};
    pair.theirs.reset();
    turn(loop);
    BOOST_TEST(called == 1);
    BOOST_TEST(pair.hear().empty());
}

BOOST_AUTO_TEST_CASE(writable_is_told_only_to_those_who_ask) {
    Loop loop;
    Pair pair;
    int readable = 0, writable = 0;
    Poll poll{loop, pair.ours.get(), [&] { ++readable; }, [&] { ++writable; }};
    turn(loop);
    BOOST_TEST(writable == 0);
    poll.watch(Poll::Watch::both);
    turn(loop);
    BOOST_TEST(writable == 1);
    poll.watch(Poll::Watch::readable);
    turn(loop);
    BOOST_TEST(writable == 1);
    BOOST_TEST(readable == 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_watched_is_not_told) {
    Loop loop;
    Pair pair;
    int readable = 0, writable = 0;
    Poll poll{loop, pair.ours.get(), [&] { ++readable; }, [&] { ++writable; }};
    pair.say("x");
    poll.watch(Poll::Watch::writable);
    turn(loop);
    BOOST_TEST(readable == 0);
    BOOST_TEST(writable == 1);
    poll.watch(Poll::Watch::none);
    turn(loop);
    BOOST_TEST(readable == 0);
    BOOST_TEST(writable == 1);
    poll.watch(Poll::Watch::readable);
    turn(loop);
    BOOST_TEST(readable == 1);
}

BOOST_AUTO_TEST_CASE(a_poll_may_be_destroyed_by_what_it_calls) {
    Loop loop;
    Pair pair;
    int called = 0;
    std::unique_ptr<Poll> poll;
    std::string text = "kept until the call is over";
    poll = std::make_unique<Poll>(loop, pair.ours.get(), [&poll, &called, text] {
        poll.reset();
        called += text == "kept until the call is over" ? 1 : 100;
    });
    pair.say("x");
    turn(loop);
    turn(loop);
    BOOST_TEST(called == 1);
}

BOOST_AUTO_TEST_CASE(a_poll_that_is_destroyed_while_writable_is_not_told_that_it_is_readable) {
    Loop loop;
    Pair pair;
    bool is_readable = false;
    std::unique_ptr<Poll> poll;
    poll = std::make_unique<Poll>(
        loop, pair.ours.get(), [&] { is_readable = true; }, [&] { poll.reset(); });
    poll->watch(Poll::Watch::both);
    pair.say("x");
    turn(loop);
    turn(loop);
    BOOST_TEST(poll == nullptr);
    BOOST_TEST(!is_readable);
}

BOOST_AUTO_TEST_CASE(one_poll_may_destroy_another_that_is_ready_too) {
    Loop loop;
    Pair one, other;
    int called = 0;
    std::unique_ptr<Poll> first, second;
    first = std::make_unique<Poll>(loop, one.ours.get(), [&] {
        ++called;
        first.reset();
        second.reset();
    });
    second = std::make_unique<Poll>(loop, other.ours.get(), [&] {
        ++called;
        first.reset();
        second.reset();
    });
    one.say("x");
    other.say("x");
    turn(loop);
    turn(loop);
    BOOST_TEST(called == 1);
}

BOOST_AUTO_TEST_CASE(a_descriptor_is_its_owners_and_outlives_its_poll) {
    Loop loop;
    Pair pair;
    {
        Poll poll{loop, pair.ours.get(), [] {}};
    }
    turn(loop);
    pair.say("still open");
    BOOST_TEST(pair.hear() == "still open");
    bool is_readable = false;
    Poll again{loop, pair.ours.get(), [&] { is_readable = true; }};
    pair.say("x");
    turn(loop);
    BOOST_TEST(is_readable);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(a_wake_from_another_thread_calls_in_the_threads_loop) {
    Loop loop;
    auto here = std::this_thread::get_id();
    Async async{loop, [&] {
                    BOOST_TEST((std::this_thread::get_id() == here));
                    loop.stop();
                }};
    std::thread waker{[&] { async.wake(); }};
    loop.run();
    waker.join();
}

BOOST_AUTO_TEST_CASE(no_wake_is_lost) {
    Loop loop;
    constexpr int wakes = 1'000;
    std::atomic<int> made{0};
    int seen = 0;
    std::counting_semaphore<wakes> taken{0};
    Async async{loop, [&] {
                    // Several wakes may be one call, so what they told is counted, not the calls.
                    auto now = made.load();
                    taken.release(now - seen);
                    seen = now;
                    if (seen == wakes) loop.stop();
                }};
    std::thread waker{[&] {
        for (int i = 0; i < wakes; ++i) {
            ++made;
            async.wake();
            if (i % 2 == 0) taken.acquire();
        }
    }};
    loop.run();
    waker.join();
    BOOST_TEST(seen == wakes);
}

BOOST_AUTO_TEST_CASE(what_a_task_returns_is_given_to_what_follows_it_in_the_loop) {
    Loop loop;
    struct Made {
        std::unique_ptr<std::string> text;
        std::thread::id by;
    };
    Made given;
    std::thread::id given_in;
    // The analyzer loses sight of what a task has made.
    // NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks)
    loop.work(
        [] {
            return Made{std::make_unique<std::string>("made elsewhere"),
                        std::this_thread::get_id()};
        },
        [&](Made made) {
            given = std::move(made);
            given_in = std::this_thread::get_id();
        });
    BOOST_TEST(given.text == nullptr);
    // NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)
    loop.run();
    BOOST_TEST_REQUIRE(given.text != nullptr);
    BOOST_TEST(*given.text == "made elsewhere");
    BOOST_TEST((given.by != given_in));
    BOOST_TEST((given_in == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(a_task_that_returns_nothing_is_followed_too) {
    Loop loop;
    std::string order;
    loop.work([&] { order += "task "; }, [&] { order += "done"; });
    loop.run();
    BOOST_TEST(order == "task done");
}

BOOST_AUTO_TEST_CASE(a_task_and_what_follows_may_own_what_cannot_be_copied) {
    Loop loop;
    auto number = std::make_unique<int>(20);
    auto more = std::make_unique<int>(3);
    int sum = 0;
    // The analyzer loses sight of what a task owns.
    // NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks)
    loop.work([number = std::move(number)] { return *number + 1; },
              [&, more = std::move(more)](int made) { sum = made * *more; });
    // NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)
    loop.run();
    BOOST_TEST(sum == 63);
}

BOOST_AUTO_TEST_CASE(work_is_finished_without_turning_the_loop_for_ever) {
    Loop loop;
    Timer never{loop, [] { BOOST_FAIL("it fires in an hour"); }};
    never.set(Millis{3'600'000});
    int done = 0;
    for (int i = 0; i < 20; ++i) loop.work([] {}, [&] { ++done; });
    // What follows a task may have work of its own.
    loop.work([] {}, [&] { loop.work([] { return 100; }, [&](int more) { done += more; }); });
    BOOST_TEST(loop.finish_work(ample));
    BOOST_TEST(done == 120);
    BOOST_TEST(loop.finish_work(ample));
}

BOOST_AUTO_TEST_CASE(a_task_that_does_not_end_is_waited_for_only_so_long) {
    Loop loop;
    std::promise<void> end;
    bool is_done = false;
    loop.work([ended = end.get_future()]() mutable { ended.wait(); }, [&] { is_done = true; });
    BOOST_TEST(!loop.finish_work(Millis{1}));
    BOOST_TEST(!is_done);
    end.set_value();
    BOOST_TEST(loop.finish_work(ample));
    BOOST_TEST(is_done);
}

BOOST_AUTO_TEST_CASE(every_task_is_followed_once) {
    Loop loop;
    std::vector<int> done(200, 0);
    for (std::size_t i = 0; i < done.size(); ++i)
        loop.work([i] { return i; }, [&](std::size_t made) { ++done[made]; });
    loop.run();
    BOOST_TEST(done == std::vector<int>(200, 1), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(turns)

BOOST_AUTO_TEST_CASE(the_hook_runs_after_the_callbacks_of_a_turn_and_before_the_next) {
    Loop loop;
    std::string order;
    std::unique_ptr<Timer> second;
    Timer first{loop, [&] { order += "a"; }};
    Timer also{loop, [&] { order += "b"; }};
    Async later{loop, [&] {
                    order += "c";
                    loop.stop();
                }};
    loop.set_before_sleep([&] {
        order += "|";
        if (order == "ab|") later.wake();
    });
    first.set(Millis{0});
    also.set(Millis{0});
    loop.run();
    turn(loop);
    BOOST_TEST(order == "ab|c|");
}

BOOST_AUTO_TEST_CASE(the_clocks_are_read_once_in_a_turn) {
    Loop loop;
    Async keeps_the_loop_alive{loop, [] {}};
    auto first = loop.now();
    while (Loop::read_clocks().time == first.time) {
    }
    BOOST_TEST((loop.now().time == first.time));
    BOOST_TEST((loop.now().wall == first.wall));
    turn(loop);
    BOOST_TEST((loop.now().time > first.time));
}

BOOST_AUTO_TEST_CASE(the_hook_of_a_turn_has_the_time_of_its_callbacks) {
    Loop loop;
    std::optional<Time> in_callback, in_hook;
    Timer timer{loop, [&] { in_callback = loop.now().time; }};
    loop.set_before_sleep([&] {
        if (in_callback && !in_hook) in_hook = loop.now().time;
    });
    timer.set(Millis{0});
    loop.run();
    BOOST_TEST_REQUIRE(in_hook.has_value());
    BOOST_TEST((*in_hook == *in_callback));
}

BOOST_AUTO_TEST_CASE(a_loop_that_ends_early_frees_what_was_under_way) {
    Pair pair;
    {
        Loop loop;
        Timer timer{loop, [] {}};
        timer.set(Millis{3'600'000});
        Poll poll{loop, pair.ours.get(), [] {}};
        Async async{loop, [] {}};
        turn(loop);
    }
    BOOST_TEST(::fcntl(pair.ours.get(), F_GETFD) >= 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(signals)

BOOST_AUTO_TEST_CASE(each_delivery_of_a_signal_is_told_as_that_signal) {
    Loop loop;
    std::string order;
    std::unique_ptr<Signal> user, hang_up;
    user = std::make_unique<Signal>(loop, SIGUSR1, [&] {
        order += "user ";
        ::raise(SIGHUP);
    });
    hang_up = std::make_unique<Signal>(loop, SIGHUP, [&] {
        order += "hang-up ";
        if (order.size() > 20)
            loop.stop();
        else
            ::raise(SIGUSR1);
    });
    ::raise(SIGUSR1);
    loop.run();
    BOOST_TEST(order == "user hang-up user hang-up ");
}

BOOST_AUTO_TEST_CASE(an_error_of_libuv_is_internal_and_says_what_failed) {
    auto error = error_from(UV_ENOENT, "cannot open the door");
    BOOST_TEST((error.code == Errc::internal));
    BOOST_TEST(error.message == "cannot open the door: no such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::loop
