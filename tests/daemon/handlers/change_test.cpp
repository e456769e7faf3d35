// The commands that change jobs: in whose environment, and on what condition.
#include <boost/test/unit_test.hpp>

#include "daemon/handlers/view.h"
#include "tests/daemon/handlers/desk.h"

namespace ccd::handlers {
namespace {

struct Ended : Desk {
    job::Id ended(const service::Caller& caller) {
        auto asked = request();
        asked.env = {"TOKEN=of-the-submit"};
        auto job = submit(caller, asked);
        starts(job);
        ends(job, 1);
        return job;
    }

    // The environment of an unfinished job.
    std::vector<std::string> environment(job::Id job) {
        const auto* found = service().jobs.find(job);
        BOOST_TEST_REQUIRE(found != nullptr);
        const auto* body = service().jobs.environment(found->row.environment);
        BOOST_TEST_REQUIRE(body != nullptr);
        return split_strings(*body);
    }
};

using Words = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(changing, Ended)

BOOST_AUTO_TEST_CASE(who_tries_his_own_job_again_gives_it_his_environment) {
    for (const auto& caller : {owner, administrator}) {
        auto job = ended(caller);
        BOOST_TEST_REQUIRE(
            ask<job::Retry>(caller, {.ids = {job}, .env = {"HOME=/here"}}).has_value());
        BOOST_TEST((environment(job) == Words{"HOME=/here"}));
    }
}

BOOST_AUTO_TEST_CASE(nothing_of_an_administrators_environment_gets_into_the_job_of_another) {
    auto job = ended(owner);
    auto retried =
        ask<job::Retry>(administrator, {.ids = {job}, .env = {"HOME=/root", "TOKEN=of-root"}});
    BOOST_TEST_REQUIRE(retried.has_value());
    BOOST_TEST((environment(job) == Words{"USER=user-1000"}));
}

BOOST_AUTO_TEST_CASE(jobs_of_several_users_are_not_tried_again_in_one_environment) {
    std::vector<job::Id> ids{ended(owner), ended(other)};
    auto refused = ask<job::Retry>(administrator, {.ids = ids, .env = {}});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::bad_request));
    for (auto id : ids) BOOST_TEST(service().jobs.find(id) == nullptr);
    BOOST_TEST((ask<job::Retry>(other, {.ids = {ids[0]}, .env = {}}).error().code == Errc::denied));
}

BOOST_AUTO_TEST_CASE(until_it_is_known_who_the_owner_is_an_administrator_is_asked_to_wait) {
    auto job = ended(not_looked_up);
    auto refused = ask<job::Retry>(administrator, {.ids = {job}, .env = {"HOME=/root"}});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::conflict));
    BOOST_TEST(service().jobs.find(job) == nullptr);
    BOOST_TEST_REQUIRE(
        ask<job::Retry>(not_looked_up, {.ids = {job}, .env = {"HOME=/here"}}).has_value());
    BOOST_TEST((environment(job) == Words{"HOME=/here"}));
}

BOOST_AUTO_TEST_CASE(while_the_store_is_down_a_signal_is_refused_and_not_lost) {
    auto job = submit(owner, request());
    starts(job);
    service().store_is_down({.code = Errc::storage_unavailable, .message = "the disk is full"});
    auto refused = ask<job::Signal>(owner, {.id = job, .signal = "USR1"});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::storage_unavailable));
    BOOST_TEST(!service().has_decided());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::handlers
