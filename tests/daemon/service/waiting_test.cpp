#include "daemon/service/waiting.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

namespace ccd::service {
namespace {

Demand demand(std::uint32_t gpus) {
    return {.gpu_count = gpus};
}

std::vector<job::Id> order_of(Waiting& waiting) {
    std::vector<job::Id> order;
    waiting.offer([&](Rank rank, const Demand&) {
        order.push_back(rank.id);
        return true;
    });
    return order;
}

BOOST_AUTO_TEST_SUITE(waiting_suite)

BOOST_AUTO_TEST_CASE(the_smaller_priority_goes_first_then_who_came_first) {
    Waiting waiting;
    waiting.add({5, 1}, demand(1));
    waiting.add({3, 2}, demand(2));
    waiting.add({5, 3}, demand(0));
    waiting.add({3, 4}, demand(1));
    BOOST_TEST(order_of(waiting) == (std::vector<job::Id>{2, 4, 1, 3}));
    BOOST_TEST(waiting.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_line_is_asked_once_when_its_first_has_no_room) {
    Waiting waiting;
    for (job::Id id = 1; id <= 1000; ++id) waiting.add({5, id}, demand(1));
    waiting.add({9, 2000}, demand(0));
    int asked = 0;
    waiting.offer([&](Rank, const Demand& of) {
        ++asked;
        return of.gpu_count == 0;
    });
    BOOST_TEST(asked == 2);
    BOOST_TEST(waiting.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_job_that_was_removed_is_not_offered) {
    Waiting waiting;
    waiting.add({5, 1}, demand(1));
    waiting.add({5, 2}, demand(1));
    waiting.remove({5, 1}, demand(1));
    waiting.remove({5, 7}, demand(1));
    waiting.remove({5, 7}, demand(3));
    BOOST_TEST(order_of(waiting) == (std::vector<job::Id>{2}));
}

BOOST_AUTO_TEST_CASE(who_starts_may_leave_the_line_by_itself) {
    Waiting waiting;
    for (job::Id id = 1; id <= 3; ++id) waiting.add({5, id}, demand(1));
    std::vector<job::Id> started;
    waiting.offer([&](Rank rank, const Demand& of) {
        waiting.remove(rank, of);
        started.push_back(rank.id);
        return true;
    });
    BOOST_TEST(started == (std::vector<job::Id>{1, 2, 3}));
    BOOST_TEST(waiting.size() == 0U);
}

BOOST_AUTO_TEST_CASE(the_position_counts_everybody_who_is_more_urgent) {
    Waiting waiting;
    waiting.add({5, 1}, demand(1));
    waiting.add({3, 2}, demand(2));
    waiting.add({5, 3}, demand(2));
    BOOST_TEST(waiting.position({3, 2}) == 1U);
    BOOST_TEST(waiting.position({5, 1}) == 2U);
    BOOST_TEST(waiting.position({5, 3}) == 3U);
}

// Against the plain rule: always the most urgent of all whose demand was not refused yet.
BOOST_AUTO_TEST_CASE(lines_give_the_order_that_sorting_everybody_gives) {
    std::mt19937 random{42};
    for (int round = 0; round < 200; ++round) {
        Waiting waiting;
        std::vector<std::pair<Rank, std::uint32_t>> all;
        for (job::Id id = 1; id <= 40; ++id) {
            Rank rank{static_cast<std::int32_t>(random() % 4), id};
            auto gpus = static_cast<std::uint32_t>(random() % 5);
            all.emplace_back(rank, gpus);
            waiting.add(rank, demand(gpus));
        }
        std::ranges::sort(all);
        // Room is used up as jobs start, and what did not fit is not asked again.
        auto run = [&](auto each) {
            std::vector<job::Id> started;
            std::array<bool, 5> refused{};
            std::uint32_t room = 12;
            each([&](Rank rank, std::uint32_t gpus) {
                if (refused.at(gpus) || gpus > room) {
                    refused.at(gpus) = true;
                    return false;
                }
                room -= gpus;
                started.push_back(rank.id);
                return true;
            });
            return started;
        };
        auto expected = run([&](auto offer) {
            for (const auto& [rank, gpus] : all) offer(rank, gpus);
        });
        auto got = run([&](auto offer) {
            waiting.offer([&](Rank rank, const Demand& of) { return offer(rank, of.gpu_count); });
        });
        BOOST_TEST(got == expected);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
