// Every step of the queue against every other, and death before each of them.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/lib/shm/arena.h"
#include "tests/lib/shm/stepped.h"

namespace ccd::shm {
namespace {

using User = Queue<Stepped>;

// One run: a queue, what its users say they did, and what is left in it.
struct Run {
    explicit Run(OnConsumerDeath what = OnConsumerDeath::drop) : on_death(what) {}

    void producer(Schedules& schedules, ClientId id, std::vector<std::string> texts,
                  Schedules::Mortal mortal = Schedules::Mortal::no) {
        schedules.add(
            [this, id, texts = std::move(texts)] {
                User queue{arena.geometry(), arena.memory(), id};
                for (const std::string& text : texts)
                    if (ccd::shm::put(queue, text) == Status::done) put.push_back(text);
            },
            mortal);
    }
    void consumer(Schedules& schedules, ClientId id, int times,
                  Schedules::Mortal mortal = Schedules::Mortal::no) {
        schedules.add(
            [this, id, times] {
                User queue{arena.geometry(), arena.memory(), id};
                for (int i = 0; i < times; ++i) {
                    Taken taken;
                    if (queue.take(taken) != Status::done) continue;
                    const std::string text = text_of(queue, taken);
                    reading[id] = text;
                    queue.acknowledge(taken);
                    reading.erase(id);
                    got.push_back(text);
                }
            },
            mortal);
    }
    // One that sleeps while there is nothing, until it has taken so many.
    void sleeper(Schedules& schedules, ClientId id, int times,
                 Schedules::Mortal mortal = Schedules::Mortal::no) {
        schedules.add(
            [this, id, times] {
                User queue{arena.geometry(), arena.memory(), id};
                for (int i = 0; i < times; ++i) {
                    Taken taken;
                    if (queue.take_until(taken, Time::max()) != Status::done) return;
                    got.push_back(text_of(queue, taken));
                    queue.acknowledge(taken);
                }
            },
            mortal);
    }
    // One that sleeps while there is no room.
    void waiting_producer(Schedules& schedules, ClientId id, std::vector<std::string> texts) {
        schedules.add([this, id, texts = std::move(texts)] {
            User queue{arena.geometry(), arena.memory(), id};
            for (const std::string& text : texts) {
                ChunkId chunk = 0;
                if (queue.reserve_until(8, chunk, Time::max()) != Status::done) return;
                write(queue, chunk, text);
                if (queue.publish(chunk, static_cast<std::uint32_t>(text.size())) == Status::done)
                    put.push_back(text);
            }
        });
    }
    // One that puts a message and gets one.
    void lapped(Schedules& schedules) {
        schedules.add(
            [this] {
                User queue{arena.geometry(), arena.memory(), 1};
                if (ccd::shm::put(queue, "p") == Status::done) put.push_back("p");
                Taken taken;
                BOOST_TEST_REQUIRE((queue.take(taken) == Status::done));
                const std::string text = text_of(queue, taken);
                reading[1] = text;
                queue.acknowledge(taken);
                reading.erase(1);
                got.push_back(text);
            },
            Schedules::Mortal::yes);
    }
    // One that gives back what it takes.
    void returner(Schedules& schedules, ClientId id, Schedules::Mortal mortal) {
        schedules.add(
            [this, id] {
                User queue{arena.geometry(), arena.memory(), id};
                Taken taken;
                if (queue.take(taken) == Status::done) queue.put_back(taken);
            },
            mortal);
    }
    // One that puts its message in place of the oldest, if there is no room.
    void dropper(Schedules& schedules, ClientId id, const std::string& text,
                 Schedules::Mortal mortal) {
        schedules.add(
            [this, id, text] {
                User queue{arena.geometry(), arena.memory(), id};
                ChunkId chunk = 0;
                if (queue.reserve_dropping(8, chunk) != Status::done) return;
                write(queue, chunk, text);
                if (queue.publish(chunk, static_cast<std::uint32_t>(text.size())) == Status::done)
                    put.push_back(text);
            },
            mortal);
    }
    // Two that go round the ring, each between two steps of the others. As many messages are in
    // line afterwards as before, or as many as there is room for.
    void lappers(Schedules& schedules, ClientId first) {
        for (const ClientId id : {first, static_cast<ClientId>(first + 1)})
            schedules.add([this, id] {
                const Schedules::Undivided undivided;
                User queue{arena.geometry(), arena.memory(), id};
                for (std::uint64_t i = 0; i < arena.geometry().slot_count(); ++i)
                    pass(queue, std::to_string(id) + "." + std::to_string(i));
            });
    }
    void pass(User& queue, const std::string& text) {
        bool is_got = false;
        for (; ccd::shm::put(queue, text) != Status::done; is_got = true) get_one(queue);
        put.push_back(text);
        if (!is_got) get_one(queue);
    }
    void get_one(User& queue) {
        got.push_back(get(queue));
        BOOST_TEST_REQUIRE(got.back().front() != '(');
    }
    void fill(const std::vector<std::string>& texts) {
        User queue{arena.geometry(), arena.memory(), 100};
        for (const std::string& text : texts)
            BOOST_TEST_REQUIRE((ccd::shm::put(queue, text) == Status::done));
        put.insert(put.end(), texts.begin(), texts.end());
    }
    // Of what was put so many messages are gone, and none was got twice.
    void check_gone(std::uint64_t least, std::uint64_t most) const {
        const auto times = times_got();
        for (const auto& [text, often] : times) BOOST_TEST_REQUIRE(often == 1);
        const auto gone = std::ranges::count_if(
            put, [&](const std::string& text) { return !times.contains(text); });
        BOOST_TEST_REQUIRE(static_cast<std::uint64_t>(gone) >= least);
        BOOST_TEST_REQUIRE(static_cast<std::uint64_t>(gone) <= most);
    }
    // As many as are counted as dropped, and one at most: so many.
    std::uint64_t check_dropped() {
        const std::uint64_t dropped = arena.memory().header->dropped.load();
        BOOST_TEST_REQUIRE(dropped <= 1U);
        check_gone(dropped, dropped);
        return dropped;
    }
    // Once all have returned or are dead: the daemon's part, and what is left in line.
    void settle(const Schedules& schedules, std::size_t users) {
        Dead dead;
        for (std::size_t user = 0; user < users; ++user)
            if (schedules.is_dead(user)) dead.set(user + 1);
        Repair<Stepped> repair{arena.geometry(), arena.memory(), on_death};
        repair.begin(dead);
        while (!repair.step(1'000)) continue;
        User last{arena.geometry(), arena.memory(), 100};
        for (std::string text = get(last); text != "(nothing)"; text = get(last)) {
            BOOST_TEST_REQUIRE(text.front() != '(');
            got.push_back(text);
        }
        last.flush();
        BOOST_TEST_REQUIRE(count_free(arena.geometry(), arena.memory()) ==
                           arena.geometry().chunk_count());
    }
    std::map<std::string, int> times_got() const {
        std::map<std::string, int> times;
        for (const std::string& text : got) ++times[text];
        return times;
    }

    OnConsumerDeath on_death;
    Arena<Stepped> arena{{.capacity = 2, .message_size = 8}};
    std::vector<std::string> put;  // whose put has returned
    std::vector<std::string> got;
    std::map<ClientId, std::string> reading;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(schedules_suite, Schedules)

BOOST_AUTO_TEST_CASE(two_producers_and_a_consumer_lose_nothing_and_take_nothing_twice) {
    const auto count = explore({.switches = 2}, [](Schedules& schedules) {
        Run run;
        run.producer(schedules, 1, {"a"});
        run.producer(schedules, 2, {"b"});
        run.consumer(schedules, 3, 2);
        schedules.go();
        run.settle(schedules, 3);
        BOOST_TEST_REQUIRE(run.put.size() == 2U);
        const auto times = run.times_got();
        for (const std::string& text : run.put) BOOST_TEST_REQUIRE(times.at(text) == 1);
    });
    BOOST_TEST(count > 1'000U);
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(of_one_producer_the_order_is_kept) {
    const auto count = explore({.switches = 3}, [](Schedules& schedules) {
        Run run;
        run.producer(schedules, 1, {"1", "2"});
        run.consumer(schedules, 2, 2);
        schedules.go();
        run.settle(schedules, 2);
        BOOST_TEST_REQUIRE((run.got == std::vector<std::string>{"1", "2"}));
    });
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(whoever_dies_at_whatever_step_nothing_that_was_put_is_lost_unseen) {
    const auto count = explore({.switches = 2, .kills = 1}, [](Schedules& schedules) {
        Run run;
        run.producer(schedules, 1, {"a"}, Mortal::yes);
        run.producer(schedules, 2, {"b"}, Mortal::yes);
        run.consumer(schedules, 3, 2, Mortal::yes);
        schedules.go();
        run.settle(schedules, 3);
        auto times = run.times_got();
        const auto lost = run.arena.memory().header->lost.load();
        std::size_t missing = 0;
        for (const std::string& text : run.put)
            if (times[text] == 0 && run.reading[3] != text) ++missing;
        BOOST_TEST_REQUIRE(missing <= lost);
        for (const auto& [text, often] : times) BOOST_TEST_REQUIRE(often <= 1);
    });
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(what_is_delivered_again_is_never_lost_and_no_more_often_than_consumers_died) {
    const auto count = explore({.switches = 2, .kills = 1}, [](Schedules& schedules) {
        Run run{OnConsumerDeath::redeliver};
        run.producer(schedules, 1, {"a", "b"});
        run.consumer(schedules, 2, 1, Mortal::yes);
        run.consumer(schedules, 3, 1);
        schedules.go();
        run.settle(schedules, 3);
        auto times = run.times_got();
        BOOST_TEST_REQUIRE(run.arena.memory().header->lost.load() == 0U);
        // One that died behind its acknowledgement has had the message.
        for (const std::string& text : run.put)
            BOOST_TEST_REQUIRE((times[text] == 1 || (times[text] == 0 && run.reading[2] == text)));
    });
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(whoever_dies_while_he_puts_a_message_back_it_is_there_once) {
    const auto count = explore({.switches = 2, .kills = 1}, [](Schedules& schedules) {
        Run run{OnConsumerDeath::redeliver};
        Queue<Stepped> before{run.arena.geometry(), run.arena.memory(), 100};
        BOOST_TEST_REQUIRE((ccd::shm::put(before, "a") == Status::done));
        before.flush();
        run.returner(schedules, 1, Mortal::yes);
        run.consumer(schedules, 2, 2);
        schedules.go();
        run.settle(schedules, 2);
        BOOST_TEST_REQUIRE(run.got == std::vector<std::string>{"a"},
                           boost::test_tools::per_element());
    });
    BOOST_TEST_MESSAGE(count << " schedules");
}

// There is no net here: who misses his wake sleeps for ever.
BOOST_AUTO_TEST_CASE(whoever_sleeps_for_a_message_is_woken_for_it) {
    const auto count = explore({.switches = 2}, [](Schedules& schedules) {
        Run run;
        run.producer(schedules, 1, {"a", "b"});
        run.sleeper(schedules, 2, 1);
        run.sleeper(schedules, 3, 1);
        schedules.go();
        BOOST_TEST_REQUIRE(schedules.have_all_returned());
    });
    BOOST_TEST(count > 10'000U);
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(whoever_sleeps_for_room_is_woken_for_it_by_a_take_alone) {
    const auto count = explore({.switches = 2}, [](Schedules& schedules) {
        Run run;
        run.waiting_producer(schedules, 1, {"a", "b", "c"});
        schedules.add([&run] {
            Queue<Stepped> queue{run.arena.geometry(), run.arena.memory(), 2};
            Taken taken;
            // It keeps what it has taken.
            for (int i = 0; i < 2; ++i)
                BOOST_TEST_REQUIRE((queue.take_until(taken, Time::max()) == Status::done));
        });
        schedules.go();
        BOOST_TEST_REQUIRE(schedules.have_all_returned());
        BOOST_TEST_REQUIRE(run.put.size() == 3U);
    });
    BOOST_TEST_MESSAGE(count << " schedules");
}

// He stands still before any two of his steps, or is killed there, while others go round the ring.
BOOST_AUTO_TEST_CASE(
    whoever_is_lapped_while_he_puts_and_gets_loses_nothing_and_takes_nothing_twice) {
    const auto count = explore({.switches = 2, .kills = 1}, [](Schedules& schedules) {
        Run run{OnConsumerDeath::redeliver};
        run.fill({"a"});
        run.lapped(schedules);
        run.lappers(schedules, 2);
        schedules.go();
        run.settle(schedules, 3);
        BOOST_TEST_REQUIRE(run.arena.memory().header->lost.load() == 0U);
        // One that died behind its acknowledgement has had the message.
        run.check_gone(0, run.reading[1].empty() ? 0 : 1);
    });
    BOOST_TEST(count > 1'000U);
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(whoever_is_lapped_while_he_puts_a_message_back_it_is_there_once) {
    const auto count = explore({.switches = 2, .kills = 1}, [](Schedules& schedules) {
        Run run{OnConsumerDeath::redeliver};
        run.fill({"a"});
        run.returner(schedules, 1, Mortal::yes);
        run.lappers(schedules, 2);
        schedules.go();
        run.settle(schedules, 3);
        run.check_gone(0, 0);
    });
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(whoever_is_lapped_while_he_drops_the_oldest_message_drops_one_and_counts_it) {
    std::array<int, 2> times{};  // that none was dropped, and one
    const auto count = explore({.switches = 2}, [&times](Schedules& schedules) {
        Run run;
        run.fill({"a", "b"});
        run.dropper(schedules, 1, "c", Mortal::no);
        run.lappers(schedules, 2);
        schedules.go();
        run.settle(schedules, 3);
        ++times[run.check_dropped()];
    });
    BOOST_TEST((times[0] > 0 && times[1] > 0));
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(whoever_drops_the_oldest_message_is_never_refused_where_others_only_take) {
    std::array<int, 2> times{};  // that none was dropped, and one
    const auto count = explore({.switches = 2}, [&times](Schedules& schedules) {
        Run run;
        run.fill({"a", "b"});
        run.dropper(schedules, 1, "c", Schedules::Mortal::no);
        run.consumer(schedules, 2, 2);
        schedules.go();
        BOOST_TEST_REQUIRE(run.put.back() == "c");
        run.settle(schedules, 2);
        ++times[run.check_dropped()];
    });
    BOOST_TEST((times[0] > 0 && times[1] > 0));
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_CASE(whoever_is_lapped_while_he_goes_to_sleep_is_woken) {
    const auto count = explore({.switches = 2}, [](Schedules& schedules) {
        Run run;
        run.sleeper(schedules, 1, 1);
        run.lappers(schedules, 2);
        schedules.add([&run] {
            const Schedules::Undivided undivided;
            run.fill({"a"});
        });
        schedules.go();
        BOOST_TEST_REQUIRE(schedules.have_all_returned());
        run.settle(schedules, 4);
        run.check_gone(0, 0);
    });
    BOOST_TEST_MESSAGE(count << " schedules");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
