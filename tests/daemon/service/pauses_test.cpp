// Who is left alone for a while, because it could not be begun: what it had is for others.
#include "daemon/service/pauses.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;
using PutOff = Jobs::PutOff;
using namespace std::chrono_literals;

constexpr const char* silence = "the directory of users has not answered for 5 s";

struct PutOffJobs : Story {
    // Both cards, and before everybody else.
    store::JobRow urgent(const Caller& owner = alice) {
        auto job = row(owner, 2);
        job.progress.priority = 0;
        return job;
    }
    // It was being started, and never began.
    void put_off(job::Id id, PutOff whom, Millis pause) {
        auto attempt = service.jobs.find(id)->row.progress.attempt;
        service.jobs.ended(id, attempt,
                           {.kind = Outcome::Kind::never_began, .reason = silence, .at = now.wall},
                           now);
        service.jobs.put_off(id, attempt, whom, pause, now);
        effects = settle();
    }
    void pass(Millis time) {
        now = now + time;
        effects = settle();
    }
    std::string back_off(job::Id id) {
        auto blockers = service.jobs.blockers(*service.jobs.find(id), now);
        auto found = std::ranges::find(blockers, "back-off", &job::Blocker::kind);
        return found == blockers.end() ? "" : found->message;
    }
};

BOOST_AUTO_TEST_SUITE(pauses)

BOOST_AUTO_TEST_CASE(each_is_left_alone_for_the_longest_pause_it_was_given) {
    Pauses<int> pauses;
    pauses.add(1, Time{3s}, "first");
    pauses.add(1, Time{2s}, "shorter");
    BOOST_TEST(pauses.find(1)->why == "first");
    pauses.add(1, Time{9s}, "longer");
    BOOST_TEST((pauses.next() == Time{9s}));
    BOOST_TEST(!pauses.take_over(Time{8s}).has_value());
    BOOST_TEST((pauses.take_over(Time{9s}) == 1));
    BOOST_TEST(pauses.find(1) == nullptr);
    BOOST_TEST(!pauses.next().has_value());
}

BOOST_AUTO_TEST_CASE(they_come_back_in_the_order_of_their_ends_and_who_is_taken_out_never_does) {
    Pauses<int> pauses;
    pauses.add(1, Time{3s}, "");
    pauses.add(2, Time{1s}, "");
    pauses.add(3, Time{2s}, "");
    pauses.remove(3);
    pauses.remove(4);
    BOOST_TEST((pauses.take_over(Time{9s}) == 2));
    BOOST_TEST((pauses.take_over(Time{9s}) == 1));
    BOOST_TEST(!pauses.take_over(Time{9s}).has_value());
}

BOOST_FIXTURE_TEST_SUITE(of_jobs, PutOffJobs)

BOOST_AUTO_TEST_CASE(what_is_put_off_holds_no_card_however_urgent_it_is) {
    auto hers = submit(urgent());
    auto his = submit(row(bob, 2));
    BOOST_TEST((state(his) == State::queued));
    put_off(hers, PutOff::job, 30s);
    BOOST_TEST((state(hers) == State::queued));
    BOOST_TEST((state(his) == State::starting));
    BOOST_TEST(count<StartAttempt>() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_put_off_holds_no_place_in_a_pool_and_grows_no_share) {
    service.jobs.set_order({.pools = {{"license", 1}}}, now);
    auto job = urgent();
    job.pool = "license";
    auto id = submit(job);
    BOOST_TEST(service.jobs.pool_stats().at("license").running == 1U);
    put_off(id, PutOff::job, 30s);
    BOOST_TEST(service.jobs.pool_stats().at("license").running == 0U);
    BOOST_TEST(service.ledger.holders().empty());
    auto before = service.jobs.share(alice.uid, now);
    BOOST_TEST(service.jobs.share(alice.uid, now + 20s) <= before);
}

BOOST_AUTO_TEST_CASE(what_is_put_off_is_offered_when_its_time_has_come_and_not_before) {
    auto id = submit(urgent());
    put_off(id, PutOff::job, 30s);
    BOOST_TEST((service.tick(now) == now.time + 30s));
    pass(30s - 1ms);
    BOOST_TEST((state(id) == State::queued));
    pass(1ms);
    BOOST_TEST((state(id) == State::starting));
    BOOST_TEST(service.jobs.find(id)->row.progress.attempt == 2U);
    BOOST_TEST(!service.tick(now).has_value());
}

BOOST_AUTO_TEST_CASE(a_calendar_that_is_set_puts_nobody_off_any_longer) {
    auto id = submit(urgent());
    put_off(id, PutOff::job, 30s);
    now.wall -= 24h;
    now.time += 30s;
    settle();
    BOOST_TEST((state(id) == State::starting));
}

BOOST_AUTO_TEST_CASE(why_tells_for_what_it_was_put_off_and_until_when) {
    auto id = submit(urgent());
    put_off(id, PutOff::job, 30s);
    BOOST_TEST(service.jobs.find(id)->row.progress.reason.view() == silence);
    BOOST_TEST(back_off(id).starts_with(std::string{silence} + "; is tried again at "));
    BOOST_TEST(back_off(id).find(":30 UTC") != std::string::npos);
    pass(30s);
    BOOST_TEST(back_off(id) == "");
}

BOOST_AUTO_TEST_CASE(what_is_put_off_can_be_cancelled) {
    auto id = submit(urgent());
    put_off(id, PutOff::job, 30s);
    BOOST_TEST(service.jobs.cancel({.ids = {id}, .reason = {}}, alice, now).has_value());
    // It ends now, and nothing wakes anybody for it later.
    BOOST_TEST(!service.tick(now).has_value());
    settle();
    BOOST_TEST((state(id) == State::cancelled));
    pass(30s);
    BOOST_TEST(count<StartAttempt>() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_put_off_can_be_held_and_comes_back_no_sooner_for_it) {
    auto id = submit(urgent());
    put_off(id, PutOff::job, 30s);
    BOOST_TEST(service.jobs.hold({.ids = {id}}, alice, now).has_value());
    pass(10s);
    BOOST_TEST((state(id) == State::held));
    BOOST_TEST(service.jobs.release({.ids = {id}}, alice, now).has_value());
    pass(10s);
    BOOST_TEST((state(id) == State::queued));
    pass(10s);
    BOOST_TEST((state(id) == State::starting));
}

BOOST_AUTO_TEST_CASE(what_is_held_when_its_time_comes_stays_held_until_it_is_released) {
    auto id = submit(urgent());
    put_off(id, PutOff::job, 30s);
    BOOST_TEST(service.jobs.hold({.ids = {id}}, alice, now).has_value());
    pass(30s);
    BOOST_TEST((state(id) == State::held));
    BOOST_TEST(service.jobs.release({.ids = {id}}, alice, now).has_value());
    settle();
    BOOST_TEST((state(id) == State::starting));
}

BOOST_AUTO_TEST_CASE(what_is_put_off_can_be_changed_and_comes_back_as_it_is_then) {
    auto hers = submit(urgent());
    auto his = submit(row(bob, 2));
    put_off(hers, PutOff::job, 30s);
    auto changed = service.jobs.may_edit(hers, alice).value();
    changed.gpu_count = 1;
    changed.progress.due = now.wall + 40s;
    BOOST_TEST(service.jobs.edit(changed, alice, now).has_value());
    settle();
    end(his, {.exit_code = 0});
    pass(30s);
    BOOST_TEST((state(hers) == State::queued));
    pass(10s);
    BOOST_TEST((state(hers) == State::starting));
    BOOST_TEST(service.jobs.find(hers)->row.progress.run->gpus.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_cancelled_before_it_was_put_off_is_cancelled_at_once) {
    auto id = submit(urgent());
    BOOST_TEST(service.jobs.cancel({.ids = {id}, .reason = {}}, alice, now).has_value());
    settle();
    put_off(id, PutOff::job, 30s);
    BOOST_TEST((state(id) == State::cancelled));
    BOOST_TEST(!service.tick(now).has_value());
}

BOOST_AUTO_TEST_CASE(an_attempt_that_is_not_the_current_one_puts_nobody_off) {
    auto id = submit(urgent());
    put_off(id, PutOff::job, 1s);
    pass(1s);
    BOOST_TEST((state(id) == State::starting));
    service.jobs.put_off(id, 1, PutOff::job, 30s, now);
    service.jobs.put_off(id, 2, PutOff::job, 30s, now);
    service.jobs.put_off(77, 1, PutOff::user, 30s, now);
    settle();
    BOOST_TEST((state(id) == State::starting));
    BOOST_TEST(!service.tick(now).has_value());
}

BOOST_AUTO_TEST_CASE(where_it_is_about_its_user_none_of_his_jobs_is_tried_and_all_others_are) {
    auto first = submit(urgent());
    auto second = submit(urgent());
    auto without_cards = row(alice);
    without_cards.progress.priority = 0;
    put_off(first, PutOff::user, 30s);
    auto third = submit(without_cards);
    BOOST_TEST(count<StartAttempt>() == 0U);
    auto his = submit(row(bob, 2));
    for (auto id : {first, second, third}) {
        BOOST_TEST((state(id) == State::queued));
        BOOST_TEST(back_off(id).starts_with(silence));
    }
    BOOST_TEST((state(his) == State::starting));
    end(his, {.exit_code = 0});
    BOOST_TEST(count<StartAttempt>() == 0U);
    BOOST_TEST((service.tick(now) == now.time + 30s));
    pass(30s);
    BOOST_TEST((state(first) == State::starting));
    BOOST_TEST((state(second) == State::queued));
    BOOST_TEST((state(third) == State::starting));
    BOOST_TEST(back_off(second) == "");
}

BOOST_AUTO_TEST_CASE(for_a_user_who_is_put_off_nothing_is_kept) {
    auto first = submit(urgent());
    auto second = submit(urgent());
    BOOST_TEST(service.jobs.is_reserved(second));
    put_off(first, PutOff::user, 30s);
    BOOST_TEST(!service.jobs.is_reserved(second));
    BOOST_TEST(!service.jobs.is_reserved(first));
}

BOOST_AUTO_TEST_CASE(once_everything_is_loaded_again_it_may_be_tried_at_once) {
    for (auto whom : {PutOff::job, PutOff::user}) {
        auto id = submit(urgent());
        put_off(id, whom, 30s);
        auto row = service.jobs.find(id)->row;
        load({row}, {.last_job = id});
        settle();
        BOOST_TEST((state(id) == State::starting));
        end(id, {.exit_code = 0});
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
