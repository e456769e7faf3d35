// What a job has left on a card, and when it is back.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/measured.h"

namespace ccd::service {
namespace {

using namespace std::chrono_literals;

struct Ended : Measured {
    // A training that has used its card, as the last look has shown.
    Ended() {
        BOOST_TEST_REQUIRE(start(17, training(8_GiB)));
        uses(100, 8_GiB, 17);
        look();
        now += 1s;
    }

    bool has_slot() const { return ledger.find_room(training()).has_value(); }
};

BOOST_FIXTURE_TEST_SUITE(return_suite, Ended)

BOOST_AUTO_TEST_CASE(a_slot_is_back_once_a_look_shows_the_memory_free) {
    BOOST_TEST(end(17));
    BOOST_TEST(ledger.is_leaving());
    BOOST_TEST(!has_slot());
    BOOST_TEST(!start(18, inference(16_GiB)));
    BOOST_TEST(why(training()) ==
               "needs 1 card; GPU 0 has no training slot (job 17 until its memory is back)");
    clear();
    look(50ms);
    BOOST_TEST(!ledger.is_leaving());
    BOOST_TEST(has_slot());
    BOOST_TEST(gpu().state == "ok");
    BOOST_TEST((gpu().declared == Bytes{0}));
}

BOOST_AUTO_TEST_CASE(a_look_that_was_asked_for_before_the_end_does_not_count) {
    BOOST_TEST(end(17));
    clear();
    ledger.set_cards(cards, now - 1ms);
    BOOST_TEST(!has_slot());
    ledger.set_cards(cards, now);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(on_a_card_that_nobody_measures_a_slot_is_back_at_once) {
    Ledger unmeasured{LedgerConfig{.slots = default_slots()}};
    unmeasured.set_cards(two_cards());
    unmeasured.take(17, training(), {"GPU-a"}, now);
    BOOST_TEST(!unmeasured.release(17, now));
    BOOST_TEST(!unmeasured.is_leaving());
    BOOST_TEST(unmeasured.find_room(training()).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_job_has_besides_its_cards_is_back_at_once) {
    ledger.take(18, {.cpus = 8, .memory = 16_GiB}, {}, now);
    BOOST_TEST(!end(18));
    BOOST_TEST(ledger.find_room({.cpus = 8, .memory = 16_GiB}).has_value());
}

BOOST_AUTO_TEST_CASE(nobody_knows_when_a_quarantine_ends_so_nothing_is_kept_for_it) {
    Demand both{.job_class = job::Class::training, .gpu_count = 2};
    BOOST_TEST(ledger.has_room_without_jobs(both));
    BOOST_TEST(end(17));
    look(5s);
    BOOST_TEST(gpu().state == "quarantined");
    BOOST_TEST(!ledger.has_room_without_jobs(both));
    auto later = ledger;
    later.assume_later();
    BOOST_TEST(!later.find_room(training()).has_value());
    clear();
    look(1h);
    BOOST_TEST(ledger.has_room_without_jobs(both));
}

BOOST_AUTO_TEST_CASE(a_card_whose_memory_does_not_come_back_is_quarantined_and_says_by_whom) {
    BOOST_TEST(end(17));
    cards[0].processes[0].user = "bob";
    look(4s);
    BOOST_TEST(gpu().state == "ok");
    look(1s);
    BOOST_TEST(gpu().state == "quarantined");
    auto reason =
        "job 17 has ended, but its memory is still held by pid 100 of uid 1001 (bob) with "
        "8192 MiB";
    BOOST_TEST(gpu().reason.value_or("") == reason);
    BOOST_TEST(why(inference()) == std::string{"needs 1 card; GPU 0 is quarantined: "} + reason);
    BOOST_TEST(ledger.stats().paused == 1U);
    clear();
    look(1h);
    BOOST_TEST(gpu().state == "ok");
    BOOST_TEST(!gpu().reason.has_value());
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(memory_that_no_process_has_any_more_is_not_back_either) {
    uses(4242, 1_GiB);
    look();
    BOOST_TEST(end(17));
    clear();
    uses(4242, 1_GiB);
    cards[0].used = 7_GiB;
    look(1s);
    BOOST_TEST(!has_slot());
    BOOST_TEST((gpu().foreign == 1_GiB));
    BOOST_TEST((gpu().measured == 6_GiB));
    look(4s);
    BOOST_TEST(gpu().reason.value_or("") ==
               "job 17 has ended, but its memory is still held by 6144 MiB that no process has");
    cards[0].used = 1_GiB;
    look(1s);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(what_others_begin_to_use_meanwhile_keeps_nothing_back) {
    BOOST_TEST(end(17));
    clear();
    uses(4242, 12_GiB);
    uses(4243, std::nullopt);
    look(1s);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(what_was_never_explained_keeps_nothing_back) {
    cards[0].used->count += (2_GiB).count;
    look();
    BOOST_TEST(end(17));
    clear();
    cards[0].used = 2_GiB;
    look(1s);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(an_orphan_that_nothing_ties_to_the_job_any_more_is_still_known) {
    BOOST_TEST(end(17));
    clear();
    uses(100, 8_GiB);
    look(6s);
    BOOST_TEST(gpu().state == "quarantined");
    BOOST_TEST((gpu().processes.at(0).job == 17U));
    clear();
    look(1s);
    // Whoever has that number next is a stranger.
    uses(100, 8_GiB);
    look(1s);
    BOOST_TEST(has_slot());
    BOOST_TEST((gpu().foreign == 8_GiB));
}

BOOST_AUTO_TEST_CASE(an_orphan_that_no_look_had_seen_is_known_by_its_lineage) {
    clear();
    look();
    BOOST_TEST(end(17));
    uses(300, 1_GiB, 17);
    look(6s);
    BOOST_TEST(gpu().state == "quarantined");
}

BOOST_AUTO_TEST_CASE(a_card_that_was_not_shared_is_not_shared_until_its_memory_is_back) {
    clear();
    look();
    ledger.give_back(17);
    auto alone = inference();
    alone.exclusive = true;
    BOOST_TEST(start(18, alone));
    uses(100, 1_GiB, 18);
    look(1s);
    BOOST_TEST(end(18));
    BOOST_TEST(!start(19, inference()));
    clear();
    look(1s);
    BOOST_TEST(start(19, inference()));
}

BOOST_AUTO_TEST_CASE(the_next_attempt_of_a_job_is_told_apart_from_what_the_last_has_left) {
    BOOST_TEST(end(17));
    ledger.take(17, inference(4_GiB), {"GPU-a"}, now);
    uses(200, 4_GiB, 17);
    look(6s);
    BOOST_TEST(gpu().state == "quarantined");
    BOOST_TEST((gpu().measured == 12_GiB));
    clear();
    uses(200, 4_GiB, 17);
    look(1s);
    BOOST_TEST(gpu().state == "ok");
    BOOST_TEST((gpu().jobs == std::vector<std::uint64_t>{17}));
    BOOST_TEST((gpu().measured == 4_GiB));
}

BOOST_AUTO_TEST_CASE(while_nothing_is_known_of_the_cards_nothing_comes_back) {
    BOOST_TEST(end(17));
    ledger.pause_cards("the driver is gone");
    now += 1h;
    BOOST_TEST(!has_slot());
    BOOST_TEST(gpu().state == "paused");
    BOOST_TEST(gpu().reason.value_or("") == "the driver is gone");
    clear();
    look(1s);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(a_card_that_is_lost_takes_with_it_what_was_left_there) {
    BOOST_TEST(end(17));
    ledger.set_cards({cards.at(1)}, now + 1s);
    BOOST_TEST(ledger.view().size() == 1U);
    BOOST_TEST(!ledger.is_leaving());
    clear();
    look(2s);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(a_job_whose_card_is_lost_ends_and_leaves_nothing) {
    ledger.set_cards({cards.at(1)}, now);
    BOOST_TEST(ledger.view().at(0).state == "paused");
    BOOST_TEST(ledger.view().at(0).reason.value_or("") == "it is gone");
    BOOST_TEST(!end(17));
    look(1s);
    BOOST_TEST(gpu().state == "ok");
}

BOOST_AUTO_TEST_CASE(a_card_is_the_same_under_another_index) {
    cards[0].index = 1;
    cards[1].index = 0;
    look(1s);
    BOOST_TEST(ledger.view().at(1).uuid == "GPU-a");
    BOOST_TEST((ledger.view().at(1).measured == 8_GiB));
    BOOST_TEST(end(17));
    clear();
    look(1s);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_CASE(where_it_is_not_told_who_uses_what_memory_is_back_when_it_no_longer_falls) {
    cards[0].has_process_list = false;
    clear();
    cards[0].used = 12_GiB;
    look();
    BOOST_TEST(end(17));
    for (auto used : {12_GiB, 8_GiB, 4_GiB}) {
        cards[0].used = used;
        look(1s);
        BOOST_TEST(!has_slot());
    }
    look(1s);
    BOOST_TEST(has_slot());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
