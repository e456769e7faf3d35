#include "daemon/service/card.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/daemon/service/measured.h"

namespace ccd::service {
namespace {

using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(card_suite, Measured)

BOOST_AUTO_TEST_CASE(what_ours_and_what_others_use_is_told_apart) {
    BOOST_TEST(start(17, inference(4_GiB)));
    uses(100, 6_GiB, 17);
    uses(4242, 8_GiB);
    cards[0].used->count += (1_GiB).count;
    look();
    BOOST_TEST((gpu().declared == 4_GiB));
    BOOST_TEST((gpu().measured == 6_GiB));
    BOOST_TEST((gpu().foreign == 9_GiB));
    BOOST_TEST((gpu().processes == cards[0].processes));
    // 24 - 0.5 - 9 - max(4, 6) = 8.5
    BOOST_TEST(!ledger.find_room(inference(9_GiB)).has_value());
    BOOST_TEST(ledger.find_room(inference(8_GiB)).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_that_was_just_started_counts_with_all_it_declared) {
    uses(4242, 8_GiB);
    look();
    BOOST_TEST(start(17, inference(12_GiB)));
    BOOST_TEST(!start(18, inference(4_GiB)));
    uses(100, 1_GiB, 17);
    look(10s);
    BOOST_TEST(!start(18, inference(4_GiB)));
    BOOST_TEST(start(18, inference(3_GiB)));
}

BOOST_AUTO_TEST_CASE(the_reason_names_whoever_has_the_memory) {
    BOOST_TEST(start(17, training(12_GiB)));
    uses(4242, 8_GiB);
    uses(4243, 1_GiB);
    uses(4244, 1_GiB, {}, std::nullopt);
    look();
    BOOST_TEST(why(inference(20_GiB)) ==
               "needs 20.0 GiB on 1 card; GPU 0 has 1.5 GiB free of 23.5 GiB (12.0 declared by job "
               "17, 8.0 used by pid 4242 of uid 1001, 1.0 used by pid 4243 of uid 1001, 1.0 used "
               "by pid 4244, unknown here)");
    clear();
    uses(100, 14_GiB, 17);
    for (std::int64_t pid = 1; pid <= 5; ++pid) uses(pid, 1_GiB);
    look();
    BOOST_TEST(why(inference(20_GiB)) ==
               "needs 20.0 GiB on 1 card; GPU 0 has 4.5 GiB free of 23.5 GiB (14.0 used by job 17, "
               "1.0 used by pid 1 of uid 1001, 1.0 used by pid 2 of uid 1001, 1.0 used by pid 3 of "
               "uid 1001, 2.0 used by others)");
}

BOOST_AUTO_TEST_CASE(a_process_that_nobody_here_knows_is_foreign) {
    BOOST_TEST(start(17, inference(4_GiB)));
    uses(100, 4_GiB, {}, std::nullopt);
    look();
    BOOST_TEST((gpu().foreign == 4_GiB));
    BOOST_TEST(!start(18, inference(16_GiB)));
}

BOOST_AUTO_TEST_CASE(a_process_that_ends_while_it_is_looked_at_is_still_its_jobs) {
    BOOST_TEST(start(17, inference(4_GiB)));
    uses(100, 4_GiB, 17);
    look();
    clear();
    uses(100, 4_GiB, {}, std::nullopt);
    look(1s);
    BOOST_TEST((gpu().foreign == Bytes{0}));
    BOOST_TEST((gpu().processes.at(0).job == 17U));
}

BOOST_AUTO_TEST_CASE(a_job_on_a_card_that_it_was_not_given_is_foreign_there) {
    auto other = inference(4_GiB);
    other.gpu = {"GPU-b"};
    BOOST_TEST(start(17, other));
    uses(100, 4_GiB, 17);
    look();
    BOOST_TEST((gpu().foreign == 4_GiB));
    BOOST_TEST((gpu().processes.at(0).job == 17U));
}

BOOST_AUTO_TEST_CASE(processes_may_be_read_later_than_the_memory_they_use) {
    BOOST_TEST(start(17, inference(4_GiB)));
    uses(100, 6_GiB, 17);
    uses(4242, 6_GiB);
    cards[0].used = 8_GiB;
    look();
    BOOST_TEST((gpu().foreign == 6_GiB));
    cards[0].used = 2_GiB;
    look();
    BOOST_TEST((gpu().foreign == 2_GiB));
}

BOOST_AUTO_TEST_CASE(where_it_is_not_told_who_uses_what_the_larger_sum_counts) {
    BOOST_TEST(start(17, inference(4_GiB)));
    auto expect = [&](Bytes used, Bytes measured, Bytes foreign, Bytes room) {
        cards[0].used = used;
        look();
        BOOST_TEST((gpu().measured == measured));
        BOOST_TEST((gpu().foreign == foreign));
        BOOST_TEST(ledger.find_room(inference(room)).has_value());
        BOOST_TEST(!ledger.find_room(inference(Bytes{room.count + 1})).has_value());
    };
    uses(100, std::nullopt, 17);
    expect(10_GiB, 4_GiB, 6_GiB, 13824_MiB);
    cards[0].has_process_list = false;
    clear();
    expect(3_GiB, 3_GiB, Bytes{0}, 19968_MiB);
}

BOOST_AUTO_TEST_CASE(nothing_is_promised_beside_a_job_whose_use_has_not_settled) {
    BOOST_TEST(start(17, inference()));
    BOOST_TEST(!start(18, inference(1_GiB)));
    BOOST_TEST(why(inference(1_GiB)) ==
               "needs 1.0 GiB on 1 card; GPU 0 has jobs that declared no memory, and their use has "
               "not settled yet (job 17)");
    // Slots alone admit who declares nothing either.
    BOOST_TEST(start(19, inference()));
    uses(100, 3_GiB, 17);
    look(10s);
    look(29s);
    BOOST_TEST(ledger.is_settling());
    look(1s);
    BOOST_TEST(!ledger.is_settling());
    BOOST_TEST(start(18, inference(1_GiB)));
    BOOST_TEST(!ledger.is_settling());
}

BOOST_AUTO_TEST_CASE(use_that_grows_has_not_settled_however_slowly) {
    BOOST_TEST(start(17, inference()));
    for (std::uint64_t step = 0; step < 40; ++step) {
        clear();
        uses(100, Bytes{step * (40_MiB).count}, 17);
        look(10s);
        BOOST_TEST(ledger.is_settling());
    }
    look(10s);
    look(10s);
    look(10s);
    BOOST_TEST(!ledger.is_settling());
}

BOOST_AUTO_TEST_CASE(a_job_that_declared_its_memory_need_not_settle) {
    BOOST_TEST(start(17, inference(2_GiB)));
    BOOST_TEST(!ledger.is_settling());
    BOOST_TEST(start(18, inference(20_GiB)));
}

BOOST_AUTO_TEST_CASE(a_look_from_before_the_start_settles_nothing) {
    BOOST_TEST(start(17, inference()));
    ledger.set_cards(cards, now - 1h);
    BOOST_TEST(ledger.is_settling());
}

BOOST_AUTO_TEST_CASE(where_it_is_not_told_who_uses_what_a_job_settles_with_the_whole_card) {
    cards[0].has_process_list = false;
    look();
    BOOST_TEST(start(17, inference()));
    for (auto used : {1_GiB, 2_GiB, 3_GiB}) {
        cards[0].used = used;
        look(20s);
        BOOST_TEST(ledger.is_settling());
    }
    look(30s);
    BOOST_TEST(!ledger.is_settling());
}

BOOST_AUTO_TEST_CASE(equal_cards_are_taken_by_turns) {
    std::map<std::string, int> taken;
    auto anywhere = training();
    anywhere.gpu.clear();
    // A few MiB of a display make no difference.
    uses(4242, 60_MiB);
    look();
    for (job::Id id = 1; id <= 100; ++id) {
        auto room = ledger.find_room(anywhere);
        BOOST_TEST_REQUIRE(room.has_value());
        ++taken[room->at(0)];
        ledger.take(id, anywhere, *room, now);
        ledger.give_back(id);
    }
    BOOST_TEST(taken["GPU-a"] == 50);
    BOOST_TEST(taken["GPU-b"] == 50);
}

BOOST_AUTO_TEST_CASE(a_card_that_others_fill_is_taken_last) {
    uses(4242, 16_GiB);
    look();
    auto anywhere = inference();
    anywhere.gpu.clear();
    BOOST_TEST(ledger.find_room(anywhere).value().at(0) == "GPU-b");
    ledger.set_config({.slots = default_slots(), .headroom = 512_MiB, .policy = Policy::pack});
    BOOST_TEST(ledger.find_room(anywhere).value().at(0) == "GPU-a");
}

BOOST_AUTO_TEST_CASE(packed_jobs_fill_one_card_before_the_next) {
    ledger.set_config({.slots = default_slots(), .headroom = 512_MiB, .policy = Policy::pack});
    auto anywhere = inference(10_GiB);
    anywhere.gpu.clear();
    std::string order;
    for (job::Id id = 1; id <= 4; ++id) {
        BOOST_TEST(start(id, anywhere));
        const auto jobs = ledger.view().at(0).jobs;
        order += std::ranges::find(jobs, id) != jobs.end() ? 'a' : 'b';
    }
    BOOST_TEST(order == "aabb");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
