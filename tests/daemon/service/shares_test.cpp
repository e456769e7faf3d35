#include "daemon/service/shares.h"

#include <boost/test/unit_test.hpp>

namespace ccd::service {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t alice = 1000;
constexpr std::uint32_t bob = 1001;

struct Had {
    Had() { shares.set_half_life(1h, now); }

    void holds(std::uint32_t uid, std::size_t cards, Millis duration) {
        shares.begin(uid, cards, now.wall, now);
        now = now + duration;
        shares.end(uid, cards, now);
    }
    double of(std::uint32_t uid) const { return shares.of(uid, now.time); }

    Now now{.time = Time{1h}, .wall = WallTime{std::chrono::hours{24 * 365 * 50}}};
    Shares shares;
};

BOOST_FIXTURE_TEST_SUITE(shares_suite, Had)

BOOST_AUTO_TEST_CASE(who_has_held_nothing_has_had_nothing) {
    BOOST_TEST(of(alice) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_card_that_is_held_for_a_second_is_one_gpu_second) {
    holds(alice, 1, 1s);
    holds(bob, 4, 10s);
    BOOST_TEST(of(alice) == 1.0, boost::test_tools::tolerance(0.01));
    BOOST_TEST(of(bob) == 40.0, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(who_holds_cards_is_charged_while_he_does) {
    shares.begin(alice, 2, now.wall, now);
    now = now + 10s;
    BOOST_TEST(of(alice) == 20.0, boost::test_tools::tolerance(0.01));
    shares.begin(alice, 1, now.wall, now);
    now = now + 10s;
    BOOST_TEST(of(alice) == 50.0, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(what_was_had_is_halved_every_half_life) {
    holds(alice, 1, 100s);
    auto before = of(alice);
    now = now + 1h;
    BOOST_TEST(of(alice) == before / 2, boost::test_tools::tolerance(1e-9));
    now = now + 2h;
    BOOST_TEST(of(alice) == before / 8, boost::test_tools::tolerance(1e-9));
}

// The sum of many small steps and one large one are the same.
BOOST_AUTO_TEST_CASE(how_often_it_is_asked_changes_nothing) {
    Shares at_once;
    at_once.set_half_life(1h, now);
    at_once.begin(alice, 3, now.wall, now);
    shares.begin(alice, 3, now.wall, now);
    for (int i = 0; i < 1'000; ++i) {
        now = now + 17s;
        shares.begin(alice, 0, now.wall, now);
    }
    BOOST_TEST(of(alice) == at_once.of(alice, now.time), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(nobody_can_have_more_than_so_much_for_each_card) {
    shares.begin(alice, 1, now.wall, now);
    now = now + 10'000h;
    BOOST_TEST(of(alice) == 3600 / 0.693147, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(it_is_kept_over_a_restart_and_forgotten_meanwhile_as_ever) {
    holds(alice, 2, 100s);
    holds(bob, 1, 100s);
    auto before = of(alice);
    std::vector rows{shares.setting(alice, now), shares.setting(bob, now)};
    BOOST_TEST(rows.front().name == "share.1000");
    // The monotonic clock begins anew.
    Now later{.time = Time{1s}, .wall = now.wall + 1h};
    Shares again;
    again.set_half_life(1h, later);
    again.load(rows, later);
    BOOST_TEST(again.of(alice, later.time) == before / 2, boost::test_tools::tolerance(1e-4));
    BOOST_TEST(again.of(bob, later.time) > 0.0);
}

BOOST_AUTO_TEST_CASE(a_job_that_outlives_the_daemon_is_charged_for_what_is_not_on_disk_yet) {
    shares.begin(alice, 1, now.wall, now);
    auto began = now.wall;
    now = now + 100s;
    // Another of hers has ended: what the first one had until then is on disk with it.
    auto row = shares.setting(alice, now);
    now = now + 100s;
    auto expected = of(alice);
    Shares again;
    again.set_half_life(1h, now);
    again.load({row}, now);
    again.begin(alice, 1, began, now);
    BOOST_TEST(again.of(alice, now.time) == expected, boost::test_tools::tolerance(1e-4));
    // Of bob nothing is on disk, so all counts that his job has had.
    again.begin(bob, 1, began, now);
    BOOST_TEST(again.of(bob, now.time) == expected, boost::test_tools::tolerance(1e-4));
}

BOOST_AUTO_TEST_CASE(what_is_no_share_is_left_alone) {
    std::vector<store::SettingWrite> rows{
        {.name = "draining", .value = "1"},       {.name = "share.", .value = "1 1"},
        {.name = "share.1000x", .value = "1 1"},  {.name = "share.1000", .value = ""},
        {.name = "share.1000", .value = "1"},     {.name = "share.1000", .value = "1 2 3"},
        {.name = "share.1000", .value = "-1 2"},  {.name = "share.1000", .value = "nan 2"},
        {.name = "share.1000", .value = "inf 2"},
    };
    shares.load(rows, now);
    BOOST_TEST(of(alice) == 0.0);
}

BOOST_AUTO_TEST_CASE(another_half_life_counts_from_now_on) {
    holds(alice, 1, 100s);
    now = now + 1h;
    auto before = of(alice);
    shares.set_half_life(2h, now);
    BOOST_TEST(of(alice) == before, boost::test_tools::tolerance(1e-9));
    now = now + 2h;
    BOOST_TEST(of(alice) == before / 2, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
