// Death and standstill after every instruction that others see, of all that a user can do.
//
// Messages that were put are got once, or counted as lost or dropped; no chunk is missed and nobody
// is registered afterwards; others are not hurt, neither meanwhile nor after the repair.
#include "tests/lib/shm/walk.h"

#include <boost/test/unit_test.hpp>

namespace ccd::shm {
namespace {

constexpr QueueShape kept_ready{.capacity = 32, .message_size = number_size};
constexpr QueueShape two_words{.capacity = 48, .message_size = number_size};

struct Outcomes {
    Outcome drop;
    Outcome redeliver;
};

Outcomes walk_all(const Scenario& scenario) {
    Outcomes outcomes{.drop = walk(scenario, Fate::death, OnConsumerDeath::drop),
                      .redeliver = walk(scenario, Fate::death, OnConsumerDeath::redeliver)};
    BOOST_TEST(outcomes.redeliver.lost == 0U);
    BOOST_TEST(outcomes.drop.points > 5U);
    BOOST_TEST_MESSAGE(outcomes.drop.points << " points");
    if (scenario.beside) return outcomes;
    walk(scenario, Fate::unseen_death, OnConsumerDeath::redeliver);
    walk(scenario, Fate::stall, OnConsumerDeath::drop);
    return outcomes;
}

// Some of the dead had a message.
void walk_all_with_a_message(const Scenario& scenario) {
    const Outcomes outcomes = walk_all(scenario);
    BOOST_TEST(outcomes.drop.lost > 0U);
    BOOST_TEST(outcomes.redeliver.redelivered > 0U);
}

void fill(Scene& scene) {
    scene.put(scene.geometry().shape().capacity);
}
void bring_message(Scene& scene) {
    BOOST_TEST_REQUIRE(!scene.get());
    scene.put();
}
void make_room(Scene& scene) {
    BOOST_TEST_REQUIRE(!scene.has_room());
    BOOST_TEST_REQUIRE(scene.take());
}
void get_sleeping(Walked& user) {
    user.take_sleeping();
    user.acknowledge();
}
void put_sleeping(Walked& user) {
    user.reserve_sleeping();
    user.publish();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(walk_suite)

BOOST_AUTO_TEST_CASE(of_a_put_there_is_the_whole_message_or_nothing) {
    walk_all({.part = {.walked = [](Walked& user) { user.put(); }}});
}

BOOST_AUTO_TEST_CASE(of_a_get_the_message_is_there_or_counted_or_was_acknowledged) {
    walk_all_with_a_message({.before = [](Scene& scene) { scene.put(2); },
                             .part = {.walked = [](Walked& user) { user.get(); }}});
}

// Who dies right after he has counted the oldest message as dropped leaves one to be counted again.
BOOST_AUTO_TEST_CASE(of_a_put_into_a_full_queue_that_drops_its_oldest_message) {
    walk_all({.before = fill,
              .part = {.walked =
                           [](Walked& user) {
                               user.reserve_dropping();
                               user.publish();
                           }},
              .counted_twice = 1});
}

BOOST_AUTO_TEST_CASE(of_a_put_and_a_get_where_the_ring_begins_anew) {
    walk_all_with_a_message({.before =
                                 [](Scene& scene) {
                                     scene.pass(2 * scene.geometry().slot_count() - 1);
                                     scene.put();
                                 },
                             .part = {.walked = [](Walked& user) {
                                 user.put();
                                 user.get();
                             }}});
}

BOOST_AUTO_TEST_CASE(of_a_put_that_finds_no_bit_of_a_free_chunk) {
    walk_all({.before = [](Scene& scene) { scene.memory().bits[0].store(0); },
              .part = {.walked = [](Walked& user) { user.put(); }}});
}

BOOST_AUTO_TEST_CASE(of_a_put_that_sleeps_until_there_is_room) {
    walk_all({.before = fill, .part = {.walked = put_sleeping}, .relief = make_room});
}

BOOST_AUTO_TEST_CASE(of_a_get_that_sleeps_until_there_is_a_message) {
    walk_all_with_a_message({.part = {.walked = get_sleeping}, .relief = bring_message});
}

BOOST_AUTO_TEST_CASE(whoever_sleeps_for_room_beside_one_that_dies_is_woken_in_his_place) {
    walk_all({.before = fill,
              .part = {.walked = put_sleeping},
              .relief = make_room,
              .beside = put_sleeping});
}

BOOST_AUTO_TEST_CASE(whoever_sleeps_for_a_message_beside_one_that_dies_is_woken_in_his_place) {
    walk_all({.part = {.walked = get_sleeping}, .relief = bring_message, .beside = get_sleeping});
}

BOOST_AUTO_TEST_CASE(of_a_message_that_is_put_back) {
    walk_all_with_a_message({.before = [](Scene& scene) { scene.put(2); },
                             .part = {.before = [](Walked& user) { user.take(); },
                                      .walked = [](Walked& user) { user.put_back(); }}});
}

BOOST_AUTO_TEST_CASE(of_what_is_given_back_and_kept_ready) {
    walk_all_with_a_message({.shape = kept_ready,
                             .before = [](Scene& scene) { scene.put(4); },
                             .part = {.before =
                                          [](Walked& user) {
                                              for (int i = 0; i < 3; ++i) user.take();
                                              user.reserve();
                                          },
                                      .walked =
                                          [](Walked& user) {
                                              user.acknowledge();
                                              user.abandon();
                                              user.acknowledge();
                                              user.flush();
                                              user.acknowledge();
                                          }}});
}

BOOST_AUTO_TEST_CASE(of_chunks_that_are_given_back_from_two_words_of_bits) {
    walk_all({.shape = two_words,
              .before = fill,
              .part = {.before =
                           [](Walked& user) {
                               for (int i = 0; i < 48; ++i) user.take();
                               for (int i = 0; i < 18; ++i) user.reserve();
                           },
                       .walked =
                           [](Walked& user) {
                               for (int i = 0; i < 4; ++i) user.abandon();
                               user.acknowledge();
                           }}});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
