#include "daemon/service/waiting.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <tuple>
#include <vector>

namespace ccd::service {
namespace {

using namespace std::chrono_literals;
using What = Verdict::What;

constexpr std::uint32_t alice = 1000;
constexpr std::uint32_t bob = 1001;

// What is said of a job that waits.
struct Asks {
    std::int32_t priority = 5;
    std::uint32_t gpus = 1;
    std::uint32_t uid = alice;
    Millis at{0};  // after the beginning
};

struct Line {
    void add(job::Id id, Asks asks = {}) {
        waiting.add(key(asks), rank(id, asks));
        all[id] = asks;
    }
    void remove(job::Id id) {
        waiting.remove(key(all.at(id)), rank(id, all.at(id)));
        all.erase(id);
    }
    static LineKey key(const Asks& asks) {
        return {.uid = asks.uid, .priority = asks.priority, .demand = {.gpu_count = asks.gpus}};
    }
    static Rank rank(job::Id id, const Asks& asks) {
        return {.submitted_at = beginning + asks.at, .id = id};
    }
    double share_of(std::uint32_t uid) const { return shares.contains(uid) ? shares.at(uid) : 0; }

    // Who is looked at, in order; `look` says what becomes of him.
    template <class Look>
    std::vector<job::Id> offer(Look look) {
        std::vector<job::Id> looked_at;
        waiting.offer(
            now, [&](std::uint32_t uid) { return share_of(uid); },
            [&](const LineKey&, Rank at) {
                looked_at.push_back(at.id);
                auto what = look(at.id);
                if (what == What::started) remove(at.id);
                return Verdict{.what = what};
            });
        return looked_at;
    }
    std::vector<job::Id> order() {
        return offer([](job::Id) { return What::started; });
    }
    std::size_t position(job::Id id) {
        return waiting.position(key(all.at(id)), rank(id, all.at(id)), now,
                                [&](std::uint32_t uid) { return share_of(uid); });
    }

    static constexpr WallTime beginning{std::chrono::hours{24 * 365 * 50}};
    WallTime now = beginning + 1h;
    std::map<std::uint32_t, double> shares;
    std::map<job::Id, Asks> all;
    Waiting waiting;
};

using Ids = std::vector<job::Id>;

BOOST_FIXTURE_TEST_SUITE(waiting_suite, Line)

BOOST_AUTO_TEST_CASE(the_smaller_priority_goes_first_then_who_came_first) {
    add(1, {.priority = 5});
    add(2, {.priority = 3, .gpus = 2});
    add(3, {.priority = 5, .gpus = 0});
    add(4, {.priority = 3});
    BOOST_TEST(order() == (Ids{2, 4, 1, 3}));
    BOOST_TEST(waiting.size() == 0U);
}

BOOST_AUTO_TEST_CASE(who_came_first_is_told_by_the_time_of_the_submit_before_the_number) {
    add(1, {.at = 20ms});
    add(2, {.at = 10ms});
    add(3, {.gpus = 2, .at = 15ms});
    BOOST_TEST(order() == (Ids{2, 3, 1}));
}

BOOST_AUTO_TEST_CASE(of_equal_priority_the_user_who_has_had_less_goes_first) {
    shares = {{alice, 100}, {bob, 50}};
    add(1);
    add(2, {.uid = bob});
    add(3, {.priority = 4});
    BOOST_TEST(order() == (Ids{3, 2, 1}));
}

BOOST_AUTO_TEST_CASE(waiting_makes_a_job_one_level_more_urgent_at_a_time) {
    waiting.set_ageing(1h);
    now = beginning + 3h;
    add(1, {.priority = 5, .at = 0h});        // 2 by now
    add(2, {.priority = 3, .at = 2h});        // 2 as well
    add(3, {.priority = 3, .at = 2h + 1ms});  // 3 still
    add(4, {.priority = 1, .at = 3h});
    BOOST_TEST(position(1) == 2U);
    BOOST_TEST(order() == (Ids{4, 1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(without_ageing_a_job_waits_for_ever_behind_more_urgent_ones) {
    now = beginning + 10'000h;
    add(1, {.priority = 5});
    add(2, {.priority = 4, .at = 9'999h});
    BOOST_TEST(order() == (Ids{2, 1}));
}

BOOST_AUTO_TEST_CASE(a_calendar_that_was_set_back_makes_nobody_less_urgent_than_his_priority) {
    waiting.set_ageing(1h);
    now = beginning - 100h;
    add(1, {.priority = 5});
    add(2, {.priority = 6, .at = -101h});
    BOOST_TEST(position(1) == 1U + 1U);
    BOOST_TEST(order() == (Ids{2, 1}));
}

BOOST_AUTO_TEST_CASE(a_line_is_asked_once_when_its_first_has_no_room) {
    for (job::Id id = 1; id <= 1000; ++id) add(id);
    add(2000, {.priority = 9, .gpus = 0});
    auto looked_at = offer([](job::Id id) { return id == 2000 ? What::started : What::no_room; });
    BOOST_TEST(looked_at == (Ids{1, 2000}));
    BOOST_TEST(waiting.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(who_becomes_the_head_of_a_line_may_have_room) {
    auto at = [](Millis when) { return Asks{.at = when}; };
    BOOST_TEST(waiting.add(key({}), rank(1, at(10ms))));
    BOOST_TEST(!waiting.add(key({}), rank(2, at(20ms))));
    BOOST_TEST(!waiting.add(key({}), rank(1, at(10ms))));
    BOOST_TEST(waiting.add(key({}), rank(3, at(5ms))));
    BOOST_TEST(waiting.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_job_that_was_removed_is_not_offered) {
    add(1);
    add(2);
    remove(1);
    waiting.remove(key({}), rank(7, {}));
    waiting.remove(key({.gpus = 3}), rank(7, {}));
    BOOST_TEST(order() == (Ids{2}));
}

BOOST_AUTO_TEST_CASE(whom_a_line_would_delay_is_known_until_it_is_looked_at_again) {
    add(1);
    auto look = [&](Verdict verdict) {
        waiting.offer(
            now, [](std::uint32_t) { return 0.0; }, [&](const LineKey&, Rank) { return verdict; });
    };
    look({.what = What::kept_back, .delays = 17});
    BOOST_TEST(waiting.delayed_by(key({})) == 17U);
    look({.what = What::no_room});
    BOOST_TEST(waiting.delayed_by(key({})) == 0U);
}

BOOST_AUTO_TEST_CASE(a_pass_looks_at_so_many_heads_without_room_and_no_more) {
    // Each asks for something else, so each is a line.
    for (std::uint32_t user = 0; user < 8; ++user)
        for (std::uint32_t n = 1; n <= 300; ++n) add(user * 1'000 + n, {.gpus = n, .uid = user});
    auto looked_at = offer([](job::Id) { return What::no_room; });
    BOOST_TEST(looked_at.size() == Waiting::heads_per_pass);
}

BOOST_AUTO_TEST_CASE(nobody_s_lines_keep_a_pass_from_the_jobs_of_others) {
    constexpr std::uint32_t hogs = 60;
    for (std::uint32_t user = 0; user < hogs; ++user)
        for (std::uint32_t n = 1; n <= 300; ++n)
            add(user * 1'000 + n, {.priority = -100, .gpus = n, .uid = 5'000 + user});
    add(999'999, {.gpus = 1, .uid = bob});
    auto looked_at =
        offer([](job::Id id) { return id == 999'999 ? What::started : What::no_room; });
    BOOST_TEST(looked_at.size() == hogs * Waiting::fewest_heads + 1);
    BOOST_TEST(!all.contains(999'999));
}

BOOST_AUTO_TEST_CASE(lines_that_want_cards_keep_a_pass_from_none_of_the_same_user_that_want_none) {
    for (std::uint32_t n = 1; n <= 5'000; ++n) add(n, {.priority = -100, .gpus = n});
    add(9'999, {.gpus = 0});
    auto looked_at = offer([](job::Id id) { return id == 9'999 ? What::started : What::no_room; });
    BOOST_TEST(looked_at.size() == Waiting::heads_per_pass / 2 + 1);
    BOOST_TEST(!all.contains(9'999));
}

BOOST_AUTO_TEST_CASE(priorities_without_number_are_all_looked_at_in_their_turn) {
    for (std::int32_t n = 0; n < 5'000; ++n) add(static_cast<job::Id>(n) + 1, {.priority = n});
    add(9'999, {.priority = 9'999, .uid = bob});
    auto looked_at = offer([](job::Id id) { return id == 9'999 ? What::started : What::no_room; });
    BOOST_TEST(looked_at.size() == Waiting::heads_per_pass / 2 + 1);
    BOOST_TEST(looked_at.back() == 9'999U);
    auto started = order();
    BOOST_TEST(started.size() == 5'000U);
    BOOST_TEST(std::ranges::is_sorted(started));
}

BOOST_AUTO_TEST_CASE(who_starts_and_whose_pool_is_full_hardly_count) {
    for (std::uint32_t n = 1; n <= 12'000; ++n) add(n, {.gpus = n});
    auto looked_at =
        offer([](job::Id id) { return id <= 400 ? What::started : What::passed_over; });
    BOOST_TEST(looked_at.size() == 400 + 10 * Waiting::heads_per_pass);
}

// Against the plain rule: always the most urgent of all whose line was not refused yet.
BOOST_AUTO_TEST_CASE(lines_give_the_order_that_sorting_everybody_gives) {
    std::mt19937 random{42};
    for (int round = 0; round < 200; ++round) {
        Line line;
        auto ages = round % 2 == 1;
        line.waiting.set_ageing(ages ? 20min : 0min);
        for (std::uint32_t uid = 0; uid < 3; ++uid)
            line.shares[uid] = static_cast<double>(random() % 3);
        auto level_of = [&](const Asks& asks) {
            auto waited = line.now - (beginning + asks.at);
            return asks.priority - (ages ? waited / 20min : 0);
        };
        std::vector<std::tuple<std::int64_t, double, Millis, job::Id>> sorted;
        for (job::Id id = 1; id <= 40; ++id) {
            Asks asks{.priority = static_cast<std::int32_t>(random() % 4),
                      .gpus = static_cast<std::uint32_t>(random() % 4),
                      .uid = static_cast<std::uint32_t>(random() % 3),
                      .at = Millis{static_cast<std::int64_t>(random() % 6 * 600'000)}};
            line.add(id, asks);
            sorted.emplace_back(level_of(asks), line.shares.at(asks.uid), asks.at, id);
        }
        std::ranges::sort(sorted);
        for (std::size_t i = 0; i < sorted.size(); ++i)
            BOOST_TEST(line.position(std::get<job::Id>(sorted[i])) == i + 1);
        // Room is used up as jobs start.
        auto run = [&](auto each) {
            Ids started;
            std::uint32_t room = 12;
            each([&](job::Id id) {
                auto needs = line.all.at(id).gpus;
                if (needs > room) return What::no_room;
                room -= needs;
                started.push_back(id);
                return What::started;
            });
            return started;
        };
        auto expected = run([&](auto look) {
            for (const auto& one : sorted) look(std::get<job::Id>(one));
        });
        BOOST_TEST(run([&](auto look) { line.offer(look); }) == expected);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
