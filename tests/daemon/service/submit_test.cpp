// Submits: numbers, keys, limits, and what is visible when.
#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

struct Submits : Story {
    Result<std::optional<Submitted>> ask(store::JobRow job, const std::string& environment = "") {
        return service.jobs.submit(std::move(job), environment, Ticket{1, 7}, alice, now);
    }
    store::JobRow keyed(const std::string& key) {
        auto job = row(alice, 1);
        job.key = key;
        return job;
    }
};

BOOST_FIXTURE_TEST_SUITE(submit_suite, Submits)

BOOST_AUTO_TEST_CASE(numbers_grow_and_are_never_used_again) {
    BOOST_TEST(submit(row(alice)) == 1U);
    end(1, {.exit_code = 0});
    BOOST_TEST(submit(row(alice)) == 2U);
    store::Snapshot committed{.last_job = 41};
    load({}, committed);
    BOOST_TEST(submit(row(alice)) == 42U);
}

BOOST_AUTO_TEST_CASE(a_job_is_invisible_and_does_not_start_until_it_is_on_disk) {
    auto submitted = ask(row(alice));
    BOOST_TEST_REQUIRE((*submitted).has_value());
    BOOST_TEST((*submitted)->batch == service.current_batch());
    auto decided = turn();
    BOOST_TEST(decided.effects.empty());
    BOOST_TEST(service.jobs.find(1) == nullptr);
    BOOST_TEST((service.jobs.cancel({.ids = {1}}, alice, now).error().code == Errc::not_found));
    BOOST_TEST(turn().batch.empty());

    service.committed(decided.batch_id);
    BOOST_TEST(service.jobs.find(1) != nullptr);
    decided = turn();
    BOOST_TEST((service.jobs.find(1)->state() == job::State::starting));
    BOOST_TEST_REQUIRE(decided.effects.size() == 1U);
    BOOST_TEST(std::holds_alternative<StartAttempt>(decided.effects.front()));
    BOOST_TEST(!decided.batch.empty());
}

BOOST_AUTO_TEST_CASE(a_known_key_is_the_same_job) {
    auto first = submit(keyed("nightly"));
    auto again = ask(keyed("nightly"));
    BOOST_TEST_REQUIRE((*again).has_value());
    BOOST_TEST((*again)->id == first);
    BOOST_TEST(!(*again)->created);
    BOOST_TEST(service.jobs.stats(now).starting == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_that_comes_twice_in_one_turn_is_one_job) {
    auto first = ask(keyed("nightly"));
    auto again = ask(keyed("nightly"));
    BOOST_TEST((*first)->id == (*again)->id);
    BOOST_TEST((*again)->batch == (*first)->batch);
}

BOOST_AUTO_TEST_CASE(a_known_key_with_another_request_is_a_conflict) {
    submit(keyed("nightly"));
    auto other = keyed("nightly");
    other.argv = std::string{"false\0", 6};
    BOOST_TEST((ask(other).error().code == Errc::conflict));
    auto urgent = keyed("nightly");
    urgent.exclusive = true;
    BOOST_TEST((ask(urgent).error().code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(keys_of_different_users_do_not_meet) {
    auto first = submit(keyed("nightly"));
    auto bobs = keyed("nightly");
    bobs.uid = bob.uid;
    BOOST_TEST(submit(bobs) != first);
}

BOOST_AUTO_TEST_CASE(the_key_of_a_finished_job_is_looked_up_in_the_store) {
    auto job = keyed("nightly");
    load({}, {.finished_keys = {{.uid = alice.uid, .key = "nightly", .id = 9}}, .last_job = 9});
    auto submitted = ask(job);
    BOOST_TEST_REQUIRE(submitted.has_value());
    BOOST_TEST(!(*submitted).has_value());
    auto decided = turn();
    BOOST_TEST_REQUIRE(decided.effects.size() == 1U);
    auto asked = std::get<Ask>(decided.effects.front());
    BOOST_TEST((asked.ticket == Ticket{1, 7}));
    auto purpose = std::get<AskSubmit>(asked.purpose);

    job = purpose.row;
    job.id = 9;
    auto known = service.jobs.submit_checked(purpose, {.jobs = {job}}, Ticket{}, alice, now);
    BOOST_TEST((*known)->id == 9U);
    BOOST_TEST(!(*known)->created);
    // A hash that two keys share: the store has no such job.
    auto fresh = service.jobs.submit_checked(purpose, {}, Ticket{}, alice, now);
    BOOST_TEST((*fresh)->id == 10U);
    BOOST_TEST((*fresh)->created);
    // The same once more before that is on disk.
    auto again = service.jobs.submit_checked(purpose, {}, Ticket{}, alice, now);
    BOOST_TEST((*again)->id == 10U);
    BOOST_TEST(!(*again)->created);
}

BOOST_AUTO_TEST_CASE(a_job_from_before_requests_were_kept_is_known_by_its_key_alone) {
    auto old = keyed("nightly");
    old.id = 9;
    load({old}, {.last_job = 9});
    auto other = keyed("nightly");
    other.argv = std::string{"false\0", 6};
    auto again = ask(other);
    BOOST_TEST(again.value().value().id == 9U);
}

BOOST_AUTO_TEST_CASE(the_commands_and_names_of_one_submit_are_64_MiB_at_most) {
    constexpr std::size_t jobs = 64;
    auto array = row(alice);
    array.array_size = jobs;
    array.cwd = "";
    array.argv = std::string(std::size_t{1} << 20, 'x');
    auto refused = [&] {
        auto submitted = ask(array);
        BOOST_TEST_REQUIRE(!submitted.has_value());
        BOOST_TEST((submitted.error().code == Errc::over_limit));
        return submitted.error().message;
    };
    // That is more than the user may have here, but one submit may bring it.
    BOOST_TEST(refused().starts_with("uid 1000 has"));
    array.name = "x";
    BOOST_TEST(refused().starts_with("the bytes of command, names and tags"));
}

BOOST_AUTO_TEST_CASE(a_user_has_at_most_so_many_unfinished_jobs) {
    for (int i = 0; i < 100; ++i) BOOST_TEST(ask(row(alice, 1)).has_value());
    auto refused = ask(row(alice, 1));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::over_limit));
    BOOST_TEST(ask(row(bob, 1)).has_value());
    settle();
    BOOST_TEST(service.jobs.cancel({.ids = {100}}, alice, now).has_value());
    BOOST_TEST(ask(row(alice, 1)).has_value());
}

BOOST_AUTO_TEST_CASE(the_unfinished_jobs_of_a_user_hold_so_much_text_at_most) {
    auto large = row(alice, 1);
    large.argv = std::string(4'000'000, 'x');
    large.progress.state = job::State::held;
    // One environment counts once, however many jobs share it.
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(
            service.jobs.submit(large, std::string(1'500'000, 'e'), {}, alice, now).has_value());
    auto refused = service.jobs.submit(large, "other", {}, alice, now);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::over_limit));
    settle();
    BOOST_TEST(service.jobs.cancel({.ids = {1, 2}, .reason = {}}, alice, now).has_value());
    BOOST_TEST(ask(large).has_value());
    BOOST_TEST(ask(large).has_value());
}

BOOST_AUTO_TEST_CASE(what_can_never_run_leaves_nothing_behind) {
    BOOST_TEST((ask(row(alice, 3)).error().code == Errc::bad_request));
    BOOST_TEST(!service.has_decided());
    BOOST_TEST(service.jobs.last_id() == 0U);
}

BOOST_AUTO_TEST_CASE(equal_environments_are_kept_once_and_go_with_their_last_job) {
    auto first = submit(row(alice), "A=1");
    auto second = submit(row(alice), "A=1");
    auto other = submit(row(alice), "A=2");
    auto of = [&](job::Id id) { return service.jobs.find(id)->row.environment; };
    BOOST_TEST(of(first) == of(second));
    BOOST_TEST(of(first) != of(other));
    auto environment = of(first);
    BOOST_TEST(*service.jobs.environment(environment) == "A=1");
    end(first, {.exit_code = 0});
    BOOST_TEST(service.jobs.environment(environment) != nullptr);
    end(second, {.exit_code = 0});
    BOOST_TEST(service.jobs.environment(environment) == nullptr);
    BOOST_TEST(std::holds_alternative<store::EnvironmentErase>(written.back()));
}

BOOST_AUTO_TEST_CASE(while_the_store_is_down_durable_requests_are_refused) {
    service.store_is_down({.code = Errc::storage_unavailable, .message = "the disk is gone"});
    BOOST_TEST((service.check_store().error().code == Errc::storage_unavailable));
    load({});
    BOOST_TEST(service.check_store().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
