// Jobs as callers see them.
#include "daemon/handlers/view.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <ranges>

#include "daemon/handlers/ask.h"
#include "tests/daemon/handlers/desk.h"

namespace ccd::handlers {
namespace {

struct Seen : Desk {
    Seen() {
        auto asked = request();
        asked.argv = {"python3", "secret.py", "--password=x"};
        asked.cwd = "/home/owner";
        asked.key = "my-key";
        asked.tag = {"red", "blue"};
        asked.name = "train";
        asked.env = {"TOKEN=secret"};
        id = submit(owner, asked);
    }

    job::View seen_by_id(const service::Caller& caller, job::Id job) {
        auto reply = ask<job::Status>(caller, {.ids = {job}});
        BOOST_TEST_REQUIRE(reply.has_value());
        return reply->jobs.at(0);
    }
    job::View seen_by(const service::Caller& caller) { return seen_by_id(caller, id); }

    job::Id id = 0;
};

void check_hidden(const job::View& job) {
    BOOST_TEST(!job.argv.has_value());
    BOOST_TEST(!job.cwd.has_value());
    BOOST_TEST(!job.key.has_value());
    BOOST_TEST(job.tags.empty());
    BOOST_TEST(job.uid == owner.uid);
    BOOST_TEST(job.name.value_or("") == "train");
}

void check_shown(const job::View& job) {
    BOOST_TEST_REQUIRE(job.argv.has_value());
    BOOST_TEST((*job.argv == std::vector<std::string>{"python3", "secret.py", "--password=x"}));
    BOOST_TEST(job.cwd.value_or("") == "/home/owner");
    BOOST_TEST(job.key.value_or("") == "my-key");
    BOOST_TEST((job.tags == std::vector<std::string>{"red", "blue"}));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(views, Seen)

BOOST_AUTO_TEST_CASE(the_owner_and_the_administrator_see_all_of_a_job) {
    check_shown(seen_by(owner));
    check_shown(seen_by(administrator));
}

BOOST_AUTO_TEST_CASE(others_do_not_see_its_command_directory_key_and_tags) {
    check_hidden(seen_by(other));
}

BOOST_AUTO_TEST_CASE(every_reply_with_jobs_hides_the_same) {
    auto unfinished = ask<job::Status>(other, {});
    BOOST_TEST_REQUIRE(unfinished.has_value());
    check_hidden(unfinished->jobs.at(0));
    auto listed = ask<job::List>(other, {});
    BOOST_TEST_REQUIRE(listed.has_value());
    check_hidden(listed->jobs.at(0));
    starts(id);
    ends(id);
    auto finished = ask<job::Status>(other, {.ids = {id}});
    BOOST_TEST_REQUIRE(finished.has_value());
    check_hidden(finished->jobs.at(0));
    auto waited = ask<job::Wait>(other, {.ids = {id}});
    BOOST_TEST_REQUIRE(waited.has_value());
    check_hidden(waited->jobs.at(0));
}

BOOST_AUTO_TEST_CASE(no_reply_of_any_kind_holds_the_environment) {
    starts(id);
    for (const auto& said :
         {say<job::Status>(owner, {.ids = {id}}), say<job::List>(owner, {}),
          say<job::Why>(owner, {.id = id}), say<job::Cancel>(owner, {.ids = {id}, .reason = {}})})
        BOOST_TEST(said.frame.find("TOKEN") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_is_named_and_one_who_is_not_known_is_not_found) {
    BOOST_TEST(seen_by(other).user == "user-1000");
    job::ListRequest by_name{};
    by_name.user = "owner";
    auto listed = ask<job::List>(other, by_name);
    BOOST_TEST_REQUIRE(listed.has_value());
    BOOST_TEST(listed->jobs.size() == 1U);
    by_name.user = "nobody-here";
    auto refused = ask<job::List>(other, by_name);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::not_found));
    BOOST_TEST(refused.error().message.find("'nobody-here'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_waits_is_answered_when_the_end_is_on_record) {
    starts(id);
    BOOST_TEST(!say<job::Wait>(owner, {.ids = {id}}).head().has_value());
    ends(id, 3);
    auto late = take_late();
    BOOST_TEST_REQUIRE(late.size() == 1U);
    auto head = head_of(late[0]);
    auto reply =
        wire::decode<job::JobsReply, job::Wait::reply_fields>(head.result, wire::Unknown::refused);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST((reply->jobs.at(0).state == job::State::failed));
    BOOST_TEST(reply->jobs.at(0).exit_code.value_or(0) == 3);
}

BOOST_AUTO_TEST_CASE(every_job_is_in_the_reply_and_commands_are_as_far_as_they_fit) {
    auto large = request();
    large.hold = true;
    large.argv.assign(9, std::string(100'000, 'x'));
    std::vector<job::Id> ids{id};
    for (int i = 0; i < 3; ++i) ids.push_back(submit(owner, large));
    auto with_command = [](const std::vector<job::View>& jobs) {
        return std::ranges::count_if(jobs, [](const auto& job) { return job.argv.has_value(); });
    };
    for (const auto& caller : {owner, administrator}) {
        auto unfinished = ask<job::Status>(caller, {});
        BOOST_TEST_REQUIRE(unfinished.has_value());
        BOOST_TEST(unfinished->jobs.size() == 4U);
        BOOST_TEST(with_command(unfinished->jobs) == 2);
        auto listed = ask<job::List>(caller, {});
        BOOST_TEST_REQUIRE(listed.has_value());
        BOOST_TEST(listed->jobs.size() == 4U);
        BOOST_TEST(with_command(listed->jobs) == 1);
    }
    // A change that happened is told as one, however long the commands are.
    auto cancelled = ask<job::Cancel>(owner, {.ids = ids, .reason = {}});
    BOOST_TEST_REQUIRE(cancelled.has_value());
    BOOST_TEST(cancelled->jobs.size() == 4U);
    ends(id);
    auto waited = ask<job::Wait>(owner, {.ids = ids});
    BOOST_TEST_REQUIRE(waited.has_value());
    BOOST_TEST(waited->jobs.size() == 4U);
}

// After the longest of lists: as many as a request may name, and of great numbers.
BOOST_AUTO_TEST_CASE(jobs_that_wait_for_many_others_are_all_in_the_reply) {
    service().load({.last_job = job::Id{1} << 40,
                    .last_event = service().events.last(),
                    .last_environment = 9},
                   now);
    service().loaded(now);
    auto held = request();
    held.hold = true;
    auto first = submit(owner, held);
    held.after.assign(1'000, first);
    held.tag.assign(32, std::string(128, 't'));
    for (int i = 0; i < 99; ++i) submit(owner, held);
    for (const auto& caller : {owner, administrator, other}) {
        auto unfinished = ask<job::Status>(caller, {});
        BOOST_TEST_REQUIRE(unfinished.has_value(), (unfinished ? "" : unfinished.error().message));
        BOOST_TEST(unfinished->jobs.size() == 100U);
        auto is_whole = [](const job::View& job) { return job.after.size() == 1'000; };
        auto whole = std::ranges::count_if(unfinished->jobs, is_whole);
        BOOST_TEST((whole > 50) == service::owns(caller, owner.uid));
        // What there is no room for is missing from the last ones.
        BOOST_TEST(std::ranges::is_partitioned(unfinished->jobs | std::views::drop(1), is_whole));
        for (const auto& job : unfinished->jobs) BOOST_TEST(job.reason.has_value());
    }
}

BOOST_AUTO_TEST_CASE(others_do_not_see_what_a_job_waits_for) {
    auto asked = request();
    asked.hold = true;
    asked.after = {submit(owner, asked)};
    asked.after_any = {submit(owner, asked)};
    auto job = submit(owner, asked);
    auto whole = ask<job::Status>(owner, {.ids = {job}})->jobs.at(0);
    BOOST_TEST((whole.after == asked.after));
    BOOST_TEST((whole.after_any == asked.after_any));
    auto hidden = ask<job::Status>(other, {.ids = {job}})->jobs.at(0);
    BOOST_TEST(hidden.after.empty());
    BOOST_TEST(hidden.after_any.empty());
}

BOOST_AUTO_TEST_CASE(limits_of_a_job_and_of_its_array_are_told) {
    auto asked = request();
    asked.time_limit = Millis{60'000};
    asked.array = "5-6%2";
    auto job = seen_by_id(other, submit(owner, asked) + 1);
    BOOST_TEST((job.time_limit == asked.time_limit));
    BOOST_TEST((job.array_index == 6U));
    BOOST_TEST((job.array_limit == 2U));
    asked.array = "5-6";
    BOOST_TEST(!seen_by_id(other, submit(owner, asked)).array_limit.has_value());
}

BOOST_AUTO_TEST_CASE(the_reason_of_a_cancel_is_for_the_owner_and_of_one_short_line) {
    auto cancel = [&](const std::string& reason) {
        return ask<job::Cancel>(owner, {.ids = {id}, .reason = reason});
    };
    BOOST_TEST((cancel("two\nlines").error().code == Errc::bad_request));
    BOOST_TEST((cancel(std::string(2'000, 'x')).error().code == Errc::over_limit));
    BOOST_TEST_REQUIRE(cancel("too dear").has_value());
    BOOST_TEST(seen_by(owner).reason.value_or("") == "cancelled by uid 1000: too dear");
    BOOST_TEST(seen_by(other).reason.value_or("") == "cancelled");
    BOOST_TEST(ask<job::Why>(other, {.id = id})->reason.value_or("") == "cancelled");
}

BOOST_AUTO_TEST_CASE(nobody_learns_the_tags_of_others_by_asking_for_them) {
    job::ListRequest red{};
    red.tag = "red";
    BOOST_TEST(ask<job::List>(owner, red)->jobs.size() == 1U);
    BOOST_TEST(ask<job::List>(administrator, red)->jobs.size() == 1U);
    BOOST_TEST(ask<job::List>(other, red)->jobs.empty());
}

BOOST_AUTO_TEST_CASE(many_jobs_on_record_are_read_a_few_at_a_time) {
    std::vector<job::Id> ids{id};
    for (int i = 0; i < 70; ++i) ids.push_back(submit(i % 2 == 0 ? owner : other, request()));
    auto cancel = [&](job::Id job) {
        BOOST_TEST(ask<job::Cancel>(administrator, {.ids = {job}, .reason = {}}).has_value());
        if (service().jobs.find(job) != nullptr) ends(job);
    };
    std::ranges::for_each(ids, cancel);
    most_rows = 0;
    auto status = ask<job::Status>(owner, {.ids = ids});
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST(std::ranges::equal(status->jobs, ids, {}, &job::View::id));
    job::ListRequest newest{};
    newest.limit = 60;
    auto listed = ask<job::List>(owner, newest);
    BOOST_TEST_REQUIRE(listed.has_value());
    std::ranges::reverse(ids);
    BOOST_TEST(std::ranges::equal(listed->jobs, ids | std::views::take(60), {}, &job::View::id));
    for (const auto& job : listed->jobs) BOOST_TEST(job.argv.has_value() == (job.uid == owner.uid));
    BOOST_TEST(most_rows == rows_at_once);
}

BOOST_AUTO_TEST_CASE(the_longest_command_fits_into_a_reply) {
    auto longest = request();
    longest.hold = true;
    longest.argv.assign(4'096, std::string(242, 'x'));
    longest.cwd = "/" + std::string(4'094, 'd');
    longest.tag.assign(32, std::string(128, 't'));
    longest.name = std::string(128, 'n');
    longest.key = std::string(128, 'k');
    auto job = submit(owner, longest);
    auto status = ask<job::Status>(owner, {.ids = {job}});
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST(status->jobs.at(0).argv->size() == 4'096U);
}

BOOST_AUTO_TEST_CASE(strings_that_are_joined_are_split_again) {
    for (const auto& strings :
         {std::vector<std::string>{}, std::vector<std::string>{""},
          std::vector<std::string>{"a", "", "b c", ""}, std::vector<std::string>{"", ""}})
        BOOST_TEST((split_strings(join_strings(strings)) == strings));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::handlers
