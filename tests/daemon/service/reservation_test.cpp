// Who may pass the most urgent job that has no room, and who may not.
#include "daemon/service/reservation.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using namespace std::chrono_literals;
using job::State;

// Four cards of 24 GiB, 8 cores; each card takes one training job and three inference jobs.
struct Kept : Story {
    Kept() {
        std::vector<CardFound> cards;
        for (std::uint32_t i = 0; i < 4; ++i)
            cards.push_back(
                {.index = i, .uuid = "GPU-" + std::to_string(i), .name = "", .memory = 24_GiB});
        service.ledger.set_cards(cards);
    }

    store::JobRow asks(std::uint32_t cards, std::optional<Millis> limit = {}) {
        auto job = row(alice, cards);
        job.time_limit = limit;
        job.submitted_at = now.wall;
        return job;
    }
    store::JobRow infers(Bytes vram, std::optional<Millis> limit = {}) {
        auto job = asks(1, limit);
        job.job_class = job::Class::inference;
        job.vram = vram;
        return job;
    }
    store::JobRow cores(std::uint32_t cpus, std::optional<Millis> limit = {}) {
        auto job = asks(0, limit);
        job.cpus = cpus;
        return job;
    }
    job::Id runs(const store::JobRow& job) {
        auto id = submit(job);
        BOOST_TEST_REQUIRE((state(id) == State::starting));
        run(id);
        return id;
    }
    bool starts(const store::JobRow& job) { return state(submit(job)) == State::starting; }
    void ends(job::Id id) { end(id, {.exit_code = 0}); }
    std::string why(job::Id id) {
        std::string text;
        for (const auto& blocker : service.jobs.blockers(*service.jobs.find(id), now))
            if (blocker.kind == "reservation") text += blocker.message;
        return text;
    }
    std::optional<Millis> estimate(job::Id id) {
        return service.jobs.estimate(*service.jobs.find(id), now);
    }
};

BOOST_FIXTURE_TEST_SUITE(reservation_suite, Kept)

BOOST_AUTO_TEST_CASE(an_endless_stream_of_small_jobs_never_starves_a_large_one) {
    std::deque<job::Id> running;
    for (int i = 0; i < 4; ++i) running.push_back(runs(asks(1)));
    auto large = submit(asks(4));
    for (int i = 0; i < 4; ++i) {
        BOOST_TEST((state(large) == State::queued));
        BOOST_TEST(!starts(asks(1)));
        ends(running.front());
        running.pop_front();
    }
    BOOST_TEST((state(large) == State::starting));
    ends(large);
    // Then it is the small ones' turn.
    BOOST_TEST(count<StartAttempt>() == 4U);
}

BOOST_AUTO_TEST_CASE(no_card_runs_idle_that_the_reserved_job_does_not_need) {
    auto first = runs(asks(1));
    for (int i = 0; i < 3; ++i) runs(asks(1));
    auto pair = submit(asks(2));
    ends(first);
    BOOST_TEST(!starts(asks(1)));
    ends(2);
    BOOST_TEST((state(pair) == State::starting));
    ends(3);
    BOOST_TEST((state(6) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_job_passes_that_ends_before_the_reserved_one_can_start) {
    runs(asks(1, 60min));
    auto large = submit(asks(4));
    BOOST_TEST(service.jobs.is_reserved(large));
    BOOST_TEST(starts(asks(1, 60min)));
    BOOST_TEST(starts(asks(2, 1min)));
    BOOST_TEST(!starts(asks(1, 60min + 1ms)));
    BOOST_TEST(!starts(asks(1)));
}

BOOST_AUTO_TEST_CASE(while_nobody_knows_when_it_can_start_whoever_has_a_limit_passes) {
    runs(asks(1));
    submit(asks(4));
    BOOST_TEST(starts(asks(1, 60min)));
    BOOST_TEST(!starts(asks(1)));
}

BOOST_AUTO_TEST_CASE(once_it_is_known_nobody_makes_it_later) {
    auto endless = runs(asks(1));
    auto large = submit(asks(4));
    runs(asks(1, 60min));
    BOOST_TEST(!estimate(large).has_value());
    ends(endless);
    BOOST_TEST((estimate(large) == 60min));
    now = now + 20min;
    BOOST_TEST(!starts(asks(1, 41min)));
    BOOST_TEST(starts(asks(1, 40min)));
    BOOST_TEST((estimate(large) == 40min));
}

BOOST_AUTO_TEST_CASE(a_job_passes_that_uses_cards_which_are_not_kept) {
    runs(asks(2));
    auto named = asks(1);
    named.options.edit().gpu = {"GPU-0"};
    auto reserved = submit(named);
    BOOST_TEST(service.jobs.is_reserved(reserved));
    BOOST_TEST(starts(asks(1)));
    BOOST_TEST(starts(asks(1)));
}

BOOST_AUTO_TEST_CASE(a_job_passes_that_fits_beside_the_reserved_one_on_its_card) {
    for (int i = 0; i < 4; ++i) runs(asks(1));
    auto large = asks(4);
    large.vram = 20_GiB;
    submit(large);
    // 23.5 GiB can be used of each card.
    BOOST_TEST(starts(infers(2_GiB)));
    BOOST_TEST(!starts(infers(4_GiB)));
}

BOOST_AUTO_TEST_CASE(all_who_have_passed_fit_beside_the_reserved_one_together) {
    auto large = asks(4);
    large.vram = 20_GiB;
    auto first = runs(large);
    auto second = submit(large);
    for (int i = 0; i < 4; ++i) BOOST_TEST(starts(infers(2_GiB)));
    // Of each card 1.5 GiB are left beside it.
    BOOST_TEST(!starts(infers(2_GiB)));
    BOOST_TEST(starts(infers(1_GiB)));
    ends(first);
    BOOST_TEST((state(second) == State::starting));
}

BOOST_AUTO_TEST_CASE(those_who_pass_in_one_pass_fit_beside_it_together_as_well) {
    auto large = asks(4);
    large.vram = 10_GiB;
    runs(large);
    service.jobs.set_draining(true);
    large.vram = 20_GiB;
    submit(large);
    for (int i = 0; i < 8; ++i) submit(infers(2_GiB));
    service.jobs.set_draining(false);
    effects = settle();
    // There is room for two on each card now, and for one beside the large job.
    BOOST_TEST(count<StartAttempt>() == 4U);
}

BOOST_AUTO_TEST_CASE(who_need_not_leave_for_the_reserved_one_counts_beside_it) {
    // The training job has to leave, the other one need not.
    auto training = asks(1);
    training.options.edit().gpu = {"GPU-0"};
    auto first = runs(training);
    auto stays = infers(3_GiB);
    stays.options.edit().gpu = {"GPU-0"};
    runs(stays);
    training.vram = 20_GiB;
    auto reserved = submit(training);
    auto other = infers(3_GiB);
    other.options.edit().gpu = {"GPU-0"};
    BOOST_TEST(!starts(other));
    ends(first);
    BOOST_TEST((state(reserved) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_more_urgent_job_is_not_kept_back) {
    runs(asks(1));
    submit(asks(4));
    auto urgent = asks(1);
    urgent.progress.priority = 4;
    BOOST_TEST(starts(urgent));
}

BOOST_AUTO_TEST_CASE(a_more_urgent_job_without_room_takes_the_reservation_over) {
    runs(asks(1));
    auto large = submit(asks(4));
    auto urgent = asks(4);
    urgent.progress.priority = 4;
    auto id = submit(urgent);
    BOOST_TEST(service.jobs.is_reserved(id));
    BOOST_TEST(!service.jobs.is_reserved(large));
}

BOOST_AUTO_TEST_CASE(what_was_kept_for_a_job_that_is_cancelled_or_held_is_given_to_others) {
    runs(asks(1));
    auto large = submit(asks(4));
    auto larger = submit(asks(4));
    auto small = submit(asks(1));
    BOOST_TEST(service.jobs.hold({.ids = {large}}, alice, now).has_value());
    settle();
    BOOST_TEST(service.jobs.is_reserved(larger));
    BOOST_TEST((state(small) == State::queued));
    BOOST_TEST(service.jobs.cancel({.ids = {larger}, .reason = {}}, alice, now).has_value());
    settle();
    BOOST_TEST((state(small) == State::starting));
}

BOOST_AUTO_TEST_CASE(a_large_job_without_cards_is_not_starved_either) {
    auto first = runs(cores(4));
    auto second = runs(cores(4));
    auto large = submit(cores(8));
    ends(first);
    BOOST_TEST(!starts(cores(1)));
    ends(second);
    BOOST_TEST((state(large) == State::starting));
}

BOOST_AUTO_TEST_CASE(jobs_that_share_nothing_do_not_wait_for_each_other) {
    for (int i = 0; i < 4; ++i) runs(asks(1));
    auto large = submit(asks(4));
    runs(cores(8));
    auto many = submit(cores(8));
    BOOST_TEST(service.jobs.is_reserved(large));
    BOOST_TEST(service.jobs.is_reserved(many));
    BOOST_TEST(starts(asks(0)));
    BOOST_TEST(starts(infers(1_GiB)));
}

BOOST_AUTO_TEST_CASE(cores_are_kept_for_a_job_with_cards_that_needs_them) {
    runs(asks(4));
    auto large = asks(4);
    large.cpus = 6;
    submit(large);
    BOOST_TEST(starts(cores(2)));
    BOOST_TEST(!starts(cores(1)));
    BOOST_TEST(starts(cores(0)));
}

BOOST_AUTO_TEST_CASE(
    nobody_takes_from_a_job_that_is_kept_back_what_it_needs_after_the_reserved_one) {
    runs(asks(4, 60min));
    auto large = asks(4);
    large.cpus = 5;
    submit(large);
    auto kept_back = submit(cores(6));
    BOOST_TEST((state(kept_back) == State::queued));
    BOOST_TEST(service.jobs.is_reserved(kept_back));
    // Beside either of them.
    BOOST_TEST(starts(cores(2)));
    // Beside the large one it fits, beside the other it does not.
    auto last = submit(cores(1));
    BOOST_TEST((state(last) == State::queued));
    BOOST_TEST(why(last) == "has room, but would delay job " + std::to_string(kept_back) +
                                ", which is more urgent");
}

BOOST_AUTO_TEST_CASE(for_a_job_that_waits_for_no_job_of_ours_nothing_is_kept) {
    std::vector<CardFound> cards;
    for (std::uint32_t i = 0; i < 4; ++i)
        cards.push_back({.index = i,
                         .uuid = "GPU-" + std::to_string(i),
                         .name = "",
                         .memory = 24_GiB,
                         .used = i == 0 ? 22_GiB : Bytes{0}});
    service.ledger.set_cards(cards);
    auto large = asks(4);
    large.vram = 20_GiB;
    auto id = submit(large);
    BOOST_TEST((state(id) == State::queued));
    BOOST_TEST(!service.jobs.is_reserved(id));
    BOOST_TEST(starts(asks(1)));
}

BOOST_AUTO_TEST_CASE(why_says_what_is_kept_and_for_whom) {
    runs(asks(2, 60min));
    auto large = submit(asks(4));
    auto small = submit(asks(1));
    BOOST_TEST(why(large) == "kept for it: GPU 0, GPU 1, GPU 2, GPU 3");
    BOOST_TEST(why(small) ==
               "has room, but would delay job " + std::to_string(large) + ", which is more urgent");
    BOOST_TEST((estimate(large) == 60min));
    BOOST_TEST(!estimate(small).has_value());

    runs(cores(8));
    auto many = submit(cores(8));
    BOOST_TEST(why(many) == "what becomes free is kept for it");
    BOOST_TEST(!estimate(many).has_value());
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_over_makes_no_time_in_the_past) {
    runs(asks(4, 10min));
    auto next = submit(asks(4));
    now = now + 11min;
    BOOST_TEST((estimate(next) == 0ms));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
