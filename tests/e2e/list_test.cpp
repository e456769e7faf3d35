// Looking at jobs: pages, filters, and what is printed.
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

struct Records : Stage {
    Records() {
        for (int i = 0; i < 25; ++i) {
            auto request = program({i % 2 == 0 ? "/bin/true" : "/bin/false"});
            request.hold = i >= 20;
            if (i % 5 == 0) request.tag = {"fifth", "number-" + std::to_string(i)};
            submit(request);
        }
        std::vector<job::Id> ids;
        for (job::Id id = 1; id <= 20; ++id) ids.push_back(id);
        call<job::Wait>({.ids = ids});
    }

    std::vector<job::Id> ids_of(const job::ListRequest& request) {
        std::vector<job::Id> ids;
        auto reply = call<job::List>(request);
        BOOST_TEST(reply.total == 25U);
        for (const auto& job : reply.jobs) ids.push_back(job.id);
        return ids;
    }
};

job::ListRequest page(std::uint32_t limit) {
    job::ListRequest request{};
    request.limit = limit;
    return request;
}

using Ids = std::vector<job::Id>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listing, Records, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(pages_follow_each_other_from_the_newest_to_the_first) {
    Ids seen;
    auto request = page(10);
    for (auto ids = ids_of(request); !ids.empty(); ids = ids_of(request)) {
        BOOST_TEST(ids.size() <= 10U);
        seen.insert(seen.end(), ids.begin(), ids.end());
        request.before = ids.back();
    }
    Ids all;
    for (job::Id id = 25; id >= 1; --id) all.push_back(id);
    BOOST_TEST(seen == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_list_has_only_the_states_that_are_asked_for) {
    auto request = page(50);
    request.state = {job::State::held};
    BOOST_TEST(ids_of(request) == (Ids{25, 24, 23, 22, 21}), boost::test_tools::per_element());
    request.state = {job::State::succeeded, job::State::held};
    BOOST_TEST(ids_of(request).size() == 15U);
    request.state = {job::State::lost};
    BOOST_TEST(ids_of(request).empty());
}

BOOST_AUTO_TEST_CASE(a_list_has_only_the_tag_that_is_asked_for) {
    auto request = page(50);
    request.tag = "fifth";
    BOOST_TEST(ids_of(request) == (Ids{21, 16, 11, 6, 1}), boost::test_tools::per_element());
    request.tag = "number-10";
    BOOST_TEST(ids_of(request) == (Ids{11}), boost::test_tools::per_element());
    request.tag = "number-1";
    BOOST_TEST(ids_of(request).empty());
    request.tag = "fifth";
    request.state = {job::State::failed};
    request.limit = 1;
    BOOST_TEST(ids_of(request) == (Ids{16}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_user_of_this_machine_is_known_before_he_has_ever_connected) {
    job::ListRequest request{};
    request.user = "daemon";
    BOOST_TEST(call<job::List>(request).jobs.empty());
    request.user = "";
    BOOST_TEST((refuse<job::List>(request).code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_list_has_only_the_user_who_is_asked_for) {
    auto request = page(50);
    request.user = std::to_string(::geteuid());
    BOOST_TEST(ids_of(request).size() == 25U);
    request.user = std::to_string(::geteuid() + 1);
    BOOST_TEST(ids_of(request).empty());
    request.user = "nobody-of-this-name";
    BOOST_TEST((refuse<job::List>(request).code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(events_are_followed_by_state_and_user) {
    job::EventsRequest request{.since = 0};
    request.user = std::to_string(::geteuid());
    request.state = {job::State::failed};
    std::vector<job::Id> failed;
    auto client = connect();
    auto followed = client.follow<job::Events>(request, [&](const job::Event& event) {
        BOOST_TEST((event.to == job::State::failed));
        failed.push_back(event.job.value_or(0));
        return failed.size() < 10;
    });
    BOOST_TEST_REQUIRE(followed.has_value());
    std::ranges::sort(failed);
    BOOST_TEST(failed == (Ids{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}),
               boost::test_tools::per_element());
    auto refused = ctl({"events", "--user", "nobody-of-this-name"});
    BOOST_TEST(refused.code == 3);
    BOOST_TEST(ctl({"events", "--state", "ended"}).code == 2);
}

BOOST_AUTO_TEST_CASE(the_command_line_lists_the_same) {
    auto listed =
        ctl({"--json", "list", "--state", "held,failed", "--limit", "3", "--before", "24"});
    BOOST_TEST(listed.code == 0);
    auto reply = nlohmann::json::parse(listed.out);
    BOOST_TEST(reply.at("total") == 25);
    Ids ids;
    for (const auto& job : reply.at("jobs")) ids.push_back(job.at("id"));
    BOOST_TEST(ids == (Ids{23, 22, 21}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_page_says_of_how_many_it_is_where_that_is_counted) {
    BOOST_TEST(ctl({"list", "--limit", "3"}).out.ends_with("\n3 of 25 jobs\n"));
    auto filtered = ctl({"list", "--tag", "fifth"});
    BOOST_TEST(filtered.code == 0);
    BOOST_TEST(filtered.out.find(" jobs\n") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(status_without_numbers_shows_what_is_not_finished) {
    auto reply = call<job::Status>();
    BOOST_TEST(reply.jobs.size() == 5U);
    BOOST_TEST(reply.total == 5U);
    for (const auto& words : {std::vector<std::string>{}, std::vector<std::string>{"status"}}) {
        auto shown = ctl(words);
        BOOST_TEST(shown.code == 0);
        BOOST_TEST(shown.out.find("held") != std::string::npos);
        BOOST_TEST(shown.out.find("false") == shown.out.find("/bin/false") + 5);
    }
}

BOOST_AUTO_TEST_CASE(status_shows_jobs_in_the_order_they_are_named_in) {
    auto reply = call<job::Status>({.ids = {24, 2, 11}});
    BOOST_TEST_REQUIRE(reply.jobs.size() == 3U);
    BOOST_TEST(reply.jobs[0].id == 24U);
    BOOST_TEST(reply.jobs[1].id == 2U);
    BOOST_TEST(reply.jobs[2].id == 11U);
    BOOST_TEST((refuse<job::Status>({.ids = {1, 26}}).code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(jobs_are_named_by_ranges_and_the_newest_as_last) {
    auto shown = ctl({"status", "5-8,last", "--json"});
    BOOST_TEST(shown.code == 0, shown.err);
    Ids ids;
    auto reply = nlohmann::json::parse(shown.out);
    for (const auto& job : reply.at("jobs")) ids.push_back(job.at("id"));
    BOOST_TEST(ids == (Ids{5, 6, 7, 8, 25}), boost::test_tools::per_element());
    BOOST_TEST(ctl({"wait", "1-4"}).code == 1);
    BOOST_TEST(ctl({"wait", "1,3,5-5"}).code == 0);
    BOOST_TEST(ctl({"wait", "3-4", "--any"}).code == 1);
    BOOST_TEST(ctl({"cancel", "21-23,last"}).code == 0);
    BOOST_TEST((status(25).state == job::State::cancelled));
    BOOST_TEST((status(24).state == job::State::held));
    BOOST_TEST(ctl({"why", "20-99"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_job_as_json_has_every_field_of_the_contract) {
    auto shown = ctl({"status", "1", "--json"});
    auto job = nlohmann::json::parse(shown.out).at("jobs").at(0);
    for (const auto* name :
         {"id",         "name",        "user",       "uid",         "class",
          "state",      "reason",      "priority",   "argv",        "cwd",
          "gpus",       "gpu_count",   "vram_bytes", "pool",        "key",
          "tags",       "after",       "attempt",    "max_retries", "submitted_at",
          "started_at", "finished_at", "exit_code",  "signal",      "host"})
        BOOST_TEST(job.contains(name), "there is no '" << name << "'");
    BOOST_TEST(job.at("name").is_null());
    BOOST_TEST(job.at("signal").is_null());
    BOOST_TEST(job.at("exit_code") == 0);
    auto time = job.at("submitted_at").get<std::string>();
    BOOST_TEST(time.size() == std::string_view{"2026-01-01T00:00:00.000Z"}.size());
    BOOST_TEST(time.back() == 'Z');
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
