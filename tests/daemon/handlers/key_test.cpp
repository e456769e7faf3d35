// A submit with a known key is the job that has it.
#include <boost/test/unit_test.hpp>
#include <functional>

#include "tests/daemon/handlers/desk.h"

namespace ccd::handlers {
namespace {

struct Keyed : Desk {
    Keyed() : asked(request()) {
        asked.key = "night-7";
        asked.env = {"A=1"};
        auto first = ask<job::Submit>(owner, asked);
        BOOST_TEST_REQUIRE(first.has_value());
        BOOST_TEST(first->created);
        id = first->id;
    }

    void check_is_the_same() {
        auto again = ask<job::Submit>(owner, asked);
        BOOST_TEST_REQUIRE(again.has_value());
        BOOST_TEST(again->id == id);
        BOOST_TEST(!again->created);
    }

    void check_conflict(const job::SubmitRequest& changed) {
        auto refused = ask<job::Submit>(owner, changed);
        BOOST_TEST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().code == Errc::conflict));
        BOOST_TEST(refused.error().message.find("'night-7'") != std::string::npos);
        BOOST_TEST(refused.error().message.find("job " + std::to_string(id)) != std::string::npos);
    }

    void finish() {
        starts(id);
        ends(id);
    }

    job::SubmitRequest asked;
    job::Id id = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keys, Keyed)

BOOST_AUTO_TEST_CASE(the_same_request_again_is_the_same_job) {
    check_is_the_same();
    starts(id);
    check_is_the_same();
    BOOST_TEST(ask<job::List>(owner, {})->total == 1U);
}

BOOST_AUTO_TEST_CASE(who_has_to_wait_is_told_so_and_who_is_known_already_is_not) {
    finish();
    auto large = request();
    large.gpus = 2;
    submit(owner, large);
    for (const auto& after : {std::vector<job::Id>{}, std::vector{id}}) {
        large.after = after;  // of a finished job the store is asked
        large.key = "large-" + std::to_string(after.size());
        auto first = ask<job::Submit>(owner, large);
        BOOST_TEST_REQUIRE(first.has_value());
        BOOST_TEST_REQUIRE(first->warnings.size() == 1U);
        BOOST_TEST(first->warnings.front().starts_with("it waits: needs 2 cards"));
        auto again = ask<job::Submit>(owner, large);
        BOOST_TEST_REQUIRE(again.has_value());
        BOOST_TEST(!again->created);
        BOOST_TEST(again->warnings.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_dry_run_is_refused_what_a_submit_is_and_changes_nothing) {
    starts(id);
    ends(id, 1);
    auto dry = [&](const std::function<void(job::SubmitRequest&)>& change) {
        auto request = asked;
        request.key.reset();
        request.dry_run = true;
        change(request);
        return ask<job::Submit>(owner, request);
    };
    auto code = [&](const std::function<void(job::SubmitRequest&)>& change) {
        auto reply = dry(change);
        BOOST_TEST_REQUIRE(!reply.has_value());
        return reply.error().code;
    };
    BOOST_TEST((code([](auto& request) { request.after = {99}; }) == Errc::not_found));
    BOOST_TEST((code([](auto& request) { request.after_any = {99}; }) == Errc::not_found));
    BOOST_TEST((code([&](auto& request) { request.after = {id}; }) == Errc::conflict));
    auto other_request = [](auto& request) {
        request.key = "night-7";
        request.argv = {"false"};
    };
    BOOST_TEST((code(other_request) == Errc::conflict));
    auto again = dry([](auto& request) { request.key = "night-7"; });
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(again->id == id);
    BOOST_TEST(!again->created);
    auto fresh = dry([&](auto& request) { request.after_any = {id}; });
    BOOST_TEST_REQUIRE(fresh.has_value());
    BOOST_TEST(fresh->id == 0U);
    BOOST_TEST(ask<job::List>(owner, {})->total == 1U);
}

BOOST_AUTO_TEST_CASE(a_finished_job_keeps_its_key) {
    finish();
    check_is_the_same();
    BOOST_TEST(ask<job::List>(owner, {})->total == 1U);
}

BOOST_AUTO_TEST_CASE(another_request_with_the_key_is_in_conflict) {
    auto changed = asked;
    changed.argv = {"false"};
    check_conflict(changed);
    changed = asked;
    changed.cwd = "/tmp";
    check_conflict(changed);
    changed = asked;
    changed.time_limit = Millis{5'000};
    check_conflict(changed);
    finish();
    changed = asked;
    changed.argv = {"false"};
    check_conflict(changed);
}

BOOST_AUTO_TEST_CASE(the_environment_is_no_part_of_what_a_key_names) {
    asked.env = {"A=2", "B=3"};
    check_is_the_same();
}

BOOST_AUTO_TEST_CASE(keys_belong_to_their_users) {
    auto theirs = ask<job::Submit>(other, asked);
    BOOST_TEST_REQUIRE(theirs.has_value());
    BOOST_TEST(theirs->created);
    BOOST_TEST(theirs->id != id);
    auto admins = ask<job::Submit>(administrator, asked);
    BOOST_TEST_REQUIRE(admins.has_value());
    BOOST_TEST(admins->created);
}

BOOST_AUTO_TEST_CASE(a_known_key_is_answered_while_there_is_no_room_for_more) {
    auto more = request();
    more.hold = true;
    while (ask<job::Submit>(owner, more).has_value()) {
    }
    auto refused = ask<job::Submit>(owner, more);
    BOOST_TEST((refused.error().code == Errc::over_limit));
    BOOST_TEST(refused.error().message.find("jobs.max_queued_per_user") != std::string::npos);
    check_is_the_same();
}

BOOST_AUTO_TEST_CASE(without_a_store_nothing_is_submitted_and_all_is_shown) {
    service().store_is_down({.code = Errc::storage_unavailable,
                             .message = "the disk is full",
                             .retry_after = Millis{1'000}});
    auto refused = ask<job::Submit>(owner, request());
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::storage_unavailable));
    BOOST_TEST((refused.error().retry_after == Millis{1'000}));
    BOOST_TEST(!ask<job::Hold>(owner, {.ids = {id}}).has_value());
    BOOST_TEST(!ask<admin::Drain>(administrator, {}).has_value());
    auto status = ask<job::Status>(owner, {.ids = {id}});
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST(status->jobs.at(0).id == id);
    BOOST_TEST(ask<host::Ping>(owner, {}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::handlers
