#include "daemon/service/check.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;
using namespace std::chrono_literals;

const store::QueueRow frames{
    .id = 7, .name = "frames", .mode = 0640, .capacity = 4, .message_size = Bytes{100}};

const Ticket asker{.connection = 5, .msgid = 9};

// A store and a machine that answer as the test says; by themselves, what fits.
struct Checking : Story {
    bool is_inspection_slow = false;
    std::optional<std::uint64_t> inspected;  // the question, where that is slow
    std::size_t inspections_stopped = 0;

    void begin(Repair repair = Repair::no) {
        BOOST_TEST_REQUIRE(service.check.begin(asker, repair, now).has_value());
        go_on();
    }
    // Answers questions until the check has ended.
    void go_on() {
        for (auto decided = settle(); !decided.empty(); decided = settle())
            for (auto& effect : decided) answer(effect);
    }
    void answer(Effect& effect) {
        if (auto* item = std::get_if<TellCheck>(&effect)) told.push_back(item->reply);
        if (auto* refused = std::get_if<Refuse>(&effect)) refusals.push_back(refused->error);
        if (auto* outputs = std::get_if<RemoveOutputs>(&effect))
            for (const auto& one : outputs->outputs) removed.push_back(one.job);
        if (auto* asked = std::get_if<InspectAttempts>(&effect))
            service.check.attempts_are(asked->number, attempts(), now);
        if (auto* asked = std::get_if<InspectCopy>(&effect)) {
            if (is_inspection_slow)
                inspected = asked->number;
            else
                service.check.copy_is(asked->number, inspection);
        }
        if (std::holds_alternative<StopInspection>(effect)) ++inspections_stopped;
        if (auto* asked = std::get_if<ListOutputs>(&effect)) list(*asked);
        if (auto* asked = std::get_if<LookForOutputs>(&effect))
            service.check.outputs_are_still(asked->number,
                                            are_gone ? std::vector<Begun>{} : asked->outputs);
        if (auto* asked = std::get_if<Ask>(&effect)) answer(*asked);
    }
    void answer(const Ask& asked) {
        const auto* purpose = std::get_if<AskCheck>(&asked.purpose);
        if (purpose == nullptr) return;
        queries.push_back(asked.query);
        Result<store::Answer> found{store::Answer{}};
        if (auto* page = std::get_if<store::JobPage>(&asked.query)) *found = rows(*page);
        if (std::holds_alternative<store::Census>(asked.query)) found->finished_by_state = census;
        if (auto* step = std::get_if<store::CopyStep>(&asked.query)) found = copy_step(*step);
        if (auto* ids = std::get_if<store::JobsById>(&asked.query))
            for (auto id : ids->ids)
                if (auto at = on_record.find(id); at != on_record.end())
                    found->jobs.push_back({.id = id, .progress = {.attempt = at->second}});
        service.check.deliver(purpose->number, found, now);
    }
    store::Answer rows(const store::JobPage& page) {
        store::Answer answer;
        const auto& all = service.jobs.all();
        for (auto job = all.rbegin(); job != all.rend(); ++job) {
            if (job->first >= *page.before || job::is_final(job->second.state())) continue;
            answer.is_partial = answer.jobs.size() == page.limit;
            if (answer.is_partial) break;
            answer.jobs.push_back(job->second.row);
            answer.next = job->first;
        }
        return answer;
    }
    Result<store::Answer> copy_step(const store::CopyStep& step) {
        if (step.what == store::CopyStep::What::begin) copies_left = 3;
        if (copy_error) return tl::unexpected{*copy_error};
        store::Answer answer;
        answer.pages = 3;
        answer.pages_left = --copies_left;
        answer.is_partial = copies_left > 0;
        return answer;
    }
    std::vector<Begun> attempts() {
        std::vector<Begun> begun;
        for (const auto& [id, since] : service.jobs.alive())
            begun.push_back({id, service.jobs.find(id)->row.progress.attempt});
        return begun;
    }
    void list(const ListOutputs& asked) {
        auto next = asked.after ? folders.upper_bound(*asked.after) : folders.begin();
        if (next == folders.end()) return service.check.outputs_are(asked.number, {}, {}, now);
        service.check.outputs_are(asked.number, next->first, next->second, now);
    }
    const admin::CheckReply& end() {
        BOOST_TEST_REQUIRE(!told.empty());
        BOOST_TEST_REQUIRE(told.back().done);
        return told.back();
    }
    admin::Finding only_finding() {
        BOOST_TEST_REQUIRE(end().findings.size() == 1U);
        return end().findings.front();
    }
    template <class Kind>
    std::size_t asked() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            queries, [](const auto& query) { return std::holds_alternative<Kind>(query); }));
    }

    std::map<std::uint64_t, std::vector<Begun>> folders;
    std::map<job::Id, std::uint32_t> on_record;  // finished jobs and their attempts
    std::vector<std::uint64_t> census = std::vector<std::uint64_t>(job::state_table.size());
    Result<store::Inspection> inspection{store::Inspection{}};
    std::optional<Error> copy_error;
    std::uint64_t copies_left = 0;
    bool are_gone = false;
    std::vector<store::Query> queries;
    std::vector<admin::CheckReply> told;
    std::vector<Error> refusals;
    std::vector<job::Id> removed;
};

BOOST_FIXTURE_TEST_SUITE(check, Checking)

BOOST_AUTO_TEST_CASE(it_looks_at_everything_and_ends) {
    for (int i = 0; i < 3; ++i) submit(row(alice));
    inspection->jobs = 3;
    inspection->queues = {frames};
    inspection->last_queue = frames.id;
    folders = {{0, {{1, 1}, {2, 1}}}};
    begin();
    BOOST_TEST(end().found == 0U);
    BOOST_TEST((end().looked_at == std::map<std::string, std::uint64_t>{{"attempts", 3},
                                                                        {"environments", 0},
                                                                        {"events", 0},
                                                                        {"jobs", 3},
                                                                        {"outputs", 2},
                                                                        {"pages", 3},
                                                                        {"queues", 1},
                                                                        {"records", 3}}));
    BOOST_TEST(!service.check.is_under_way());
    BOOST_TEST(asked<store::CopyStep>() == 3U);
}

BOOST_AUTO_TEST_CASE(many_jobs_are_compared_a_page_at_a_time) {
    auto array = row(alice);
    array.progress.state = State::held;
    array.array_size = 100;
    for (std::uint32_t user = 0; user < 11; ++user) {
        array.uid = 6'000 + user;
        BOOST_TEST(service.jobs.submit(array, "", Ticket{}, alice, now).has_value());
        settle();
    }
    begin();
    BOOST_TEST(end().looked_at.at("jobs") == service.jobs.all().size());
    BOOST_TEST(end().found == 0U);
    BOOST_TEST(asked<store::JobPage>() == service.jobs.all().size() / Check::rows_per_step + 1);
}

BOOST_AUTO_TEST_CASE(only_one_is_under_way) {
    BOOST_TEST_REQUIRE(service.check.begin(asker, Repair::no, now).has_value());
    auto refused = service.check.begin({.connection = 6}, Repair::no, now);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::conflict));
    go_on();
    begin();
}

BOOST_AUTO_TEST_CASE(it_ends_with_its_connection_and_its_copy_is_given_up) {
    BOOST_TEST_REQUIRE(service.check.begin(asker, Repair::no, now).has_value());
    while (queries.empty() || !std::holds_alternative<store::CopyStep>(queries.back()))
        for (auto& effect : settle()) answer(effect);
    service.forget(asker.connection);
    BOOST_TEST(!service.check.is_under_way());
    go_on();
    BOOST_TEST((std::get<store::CopyStep>(queries.back()).what == store::CopyStep::What::give_up));
    BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(who_leaves_while_a_copy_is_looked_at_ends_that_and_the_next_comes_behind_it) {
    is_inspection_slow = true;
    begin();
    BOOST_TEST_REQUIRE(inspected.has_value());
    service.forget(asker.connection);
    go_on();
    BOOST_TEST(inspections_stopped == 1U);
    auto refused = service.check.begin(asker, Repair::no, now);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::conflict));
    service.check.copy_is(*inspected, failure(Errc::conflict, "it was ended"));
    is_inspection_slow = false;
    begin();
    BOOST_TEST(told.back().done);
}

BOOST_AUTO_TEST_CASE(it_ends_when_the_store_is_down) {
    BOOST_TEST_REQUIRE(service.check.begin(asker, Repair::no, now).has_value());
    service.store_is_down({.code = Errc::storage_unavailable, .message = "no disk"});
    go_on();
    BOOST_TEST_REQUIRE(refusals.size() == 1U);
    BOOST_TEST(refusals.front().message == "no disk");
    BOOST_TEST(!service.check.is_under_way());
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_copied_is_a_finding_and_the_rest_is_looked_at) {
    copy_error = Error{.code = Errc::over_limit, .message = "no room"};
    folders = {{0, {}}};
    begin();
    BOOST_TEST(only_finding().part == "database");
    BOOST_TEST(only_finding().detail == "it was not looked at: no room");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_the_database_is_told) {
    using Part = store::Damage::Part;
    inspection->damage = {{Part::file, 0, "page 3 is odd"},
                          {Part::tally, 0, "there are 2"},
                          {Part::events, 0, "one is missing"},
                          {Part::queues, 0, "a row is odd"},
                          {Part::job, 7, "its environment 3 is missing"},
                          {Part::environment, 9, "no unfinished job has it"}};
    begin();
    std::vector<std::string> parts;
    for (const auto& finding : end().findings) parts.push_back(finding.part);
    BOOST_TEST((parts == std::vector<std::string>{"database", "counters", "events", "queues",
                                                  "environments", "environments"}));
    BOOST_TEST(end().repaired == 0U);
    begin(Repair::yes);
    BOOST_TEST(end().repaired == 1U);
    BOOST_TEST(std::get<store::EnvironmentErase>(written.back()).id == 9U);
}

BOOST_AUTO_TEST_CASE(a_queue_on_disk_that_is_none_of_ours_is_found) {
    const auto detail_of = [this](const store::QueueRow& odd, store::QueueId last) {
        inspection->queues = {odd};
        inspection->last_queue = last;
        begin(Repair::yes);
        BOOST_TEST(only_finding().part == "queues");
        BOOST_TEST(only_finding().subject == "queue '" + odd.name + "'");
        BOOST_TEST(!only_finding().repaired);
        return only_finding().detail;
    };
    for (const auto& [capacity, size] : std::vector<std::pair<std::uint32_t, Bytes>>{
             {0, Bytes{100}}, {4, Bytes{0}}, {4, 4_GiB}, {4, Bytes{(4_GiB).count + 100}}}) {
        auto odd = frames;
        odd.capacity = capacity;
        odd.message_size = size;
        BOOST_TEST(detail_of(odd, 7).find("which no queue has") != std::string::npos, size.count);
    }
    auto odd = frames;
    odd.mode = 0777;
    BOOST_TEST(detail_of(odd, 7) == "its mode on disk has other bits than 0666: 511");
    odd = frames;
    odd.name = "a/b";
    BOOST_TEST(detail_of(odd, 7) == "it is on disk under a name that no queue has");
    BOOST_TEST(detail_of(frames, 6) == "its number on disk is 7, and 6 was given last");
}

BOOST_AUTO_TEST_CASE(a_census_that_differs_is_found) {
    census.at(static_cast<std::size_t>(State::lost)) = 1;
    begin();
    BOOST_TEST(only_finding().part == "counters");
    BOOST_TEST(only_finding().subject == "lost");
}

BOOST_AUTO_TEST_CASE(an_output_of_a_job_that_is_not_on_record_is_found_and_removed) {
    for (int i = 0; i < 3; ++i) Story::end(submit(row(alice)), {.exit_code = 0});
    on_record = {{1, 1}, {3, 2}};
    census.at(static_cast<std::size_t>(State::succeeded)) = 3;
    folders = {{0, {{1, 1}, {2, 1}, {3, 1}, {3, 2}}}};
    begin();
    BOOST_TEST(only_finding().part == "outputs");
    BOOST_TEST(only_finding().subject == "job 2");
    BOOST_TEST(removed.empty());
    begin(Repair::yes);
    BOOST_TEST(only_finding().repaired);
    BOOST_TEST((removed == std::vector<job::Id>{2}));
}

BOOST_AUTO_TEST_CASE(an_output_that_goes_meanwhile_is_no_finding) {
    Story::end(submit(row(alice)), {.exit_code = 0});
    census.at(static_cast<std::size_t>(State::succeeded)) = 1;
    folders = {{0, {{1, 1}}}};
    are_gone = true;
    begin(Repair::yes);
    BOOST_TEST(end().found == 0U);
    BOOST_TEST(removed.empty());
}

BOOST_AUTO_TEST_CASE(an_output_of_a_number_that_is_yet_to_be_given_is_left_alone) {
    folders = {{7, {{7'000, 1}}}};
    begin(Repair::yes);
    BOOST_TEST(only_finding().subject == "job 7000");
    BOOST_TEST(!only_finding().repaired);
    BOOST_TEST(removed.empty());
}

BOOST_AUTO_TEST_CASE(an_output_of_an_attempt_that_has_not_begun_is_found) {
    submit(row(alice));
    Story::end(submit(row(alice)), {.exit_code = 0});
    on_record = {{2, 1}};
    census.at(static_cast<std::size_t>(State::succeeded)) = 1;
    folders = {{0, {{1, 1}, {1, 2}, {2, 3}}}};
    begin(Repair::yes);
    BOOST_TEST(end().found == 2U);
    BOOST_TEST(end().repaired == 0U);
    BOOST_TEST(end().findings.front().detail ==
               "there is an output of attempt 2, and 1 have begun");
}

BOOST_AUTO_TEST_CASE(while_it_is_under_way_nothing_goes_off_the_record) {
    service.history.set_age(1h, now);
    BOOST_TEST_REQUIRE(service.check.begin(asker, Repair::no, now).has_value());
    now = now + 2h;
    for (const auto& effect : turn().effects)
        if (const auto* asked = std::get_if<Ask>(&effect))
            BOOST_TEST(!std::holds_alternative<AskExpired>(asked->purpose));
    service.forget(asker.connection);
    effects = settle();
    BOOST_TEST(count<Ask>() == 1U);
}

BOOST_AUTO_TEST_CASE(how_far_it_has_come_is_told_now_and_then) {
    BOOST_TEST_REQUIRE(service.check.begin(asker, Repair::no, now).has_value());
    now = now + Check::tell_pause;
    go_on();
    BOOST_TEST_REQUIRE(told.size() == 3U);
    BOOST_TEST(told[0].doing.value() == "copying the database");
    BOOST_TEST(told[1].doing.value() == "looking through a copy of the database");
    BOOST_TEST(!told[0].done);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
