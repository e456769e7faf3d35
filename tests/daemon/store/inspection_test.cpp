#include "daemon/store/inspection.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <functional>

#include "daemon/store/copy.h"
#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;
using job::State;
using What = CopyStep::What;
using Part = Damage::Part;

struct Fixture {
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    std::unique_ptr<Database> database = open_database(path);
    InspectionStop stop;

    // Copies all of it, and calls `meanwhile` once while it is not finished.
    void copy(const std::function<void()>& meanwhile = {}) {
        auto answer = answer_of(*database, CopyStep{What::begin});
        if (meanwhile) {
            BOOST_TEST_REQUIRE(answer.is_partial);
            meanwhile();
        }
        while (answer.is_partial) answer = answer_of(*database, CopyStep{What::go_on});
        BOOST_TEST(answer.pages_left == 0U);
    }
    Inspection inspect() {
        copy();
        auto found = inspect_copy(path, stop);
        BOOST_TEST_REQUIRE(found.has_value(), (found ? "" : found.error().message));
        BOOST_TEST(!has_copy());
        return *std::move(found);
    }
    bool has_copy() const { return std::filesystem::exists(copy_path(path)); }
    // Behind the back of the store.
    void plant(const char* sql) {
        database.reset();
        sqlite3* handle = nullptr;
        BOOST_TEST_REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
        BOOST_TEST(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(handle);
        database = open_database(path);
    }
    // Of a database with one fault.
    Damage only_damage() {
        auto found = inspect();
        BOOST_TEST_REQUIRE(found.damage.size() == 1U);
        return found.damage.front();
    }
    void fill() {
        JobRow with = small_job(1);
        with.environment = 1;
        commit(*database, batch_of({with, EnvironmentRow{1, "A=1"}, small_job(2, State::failed),
                                    job::Event{.seq = 1, .job = 1}, job::Event{.seq = 2, .job = 2},
                                    job::Event{.seq = 3, .job = 1}}));
    }
    void fill_many(std::uint64_t count) {
        Batch batch;
        for (std::uint64_t id = 1; id <= count; ++id) {
            auto job = small_job(id);
            job.argv = std::string(2'000, 'a');
            batch.add(std::move(job));
        }
        commit(*database, batch);
    }
};

BOOST_FIXTURE_TEST_SUITE(inspection, Fixture)

BOOST_AUTO_TEST_CASE(in_a_sound_database_there_is_no_damage) {
    fill();
    auto found = inspect();
    BOOST_TEST(found.damage.empty());
    BOOST_TEST(found.jobs == 2U);
    BOOST_TEST(found.environments == 1U);
    BOOST_TEST(found.events == 3U);
    BOOST_TEST(inspect().damage.empty());
}

BOOST_AUTO_TEST_CASE(a_copy_has_what_was_committed_while_it_was_made) {
    fill_many(2'000);
    copy([&] {
        commit(*database, batch_of({small_job(5'000), ProgressWrite{1, {.state = State::failed}}}));
    });
    auto found = inspect_copy(path, stop);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(found->damage.empty());
    BOOST_TEST(found->jobs == 2'001U);
}

BOOST_AUTO_TEST_CASE(a_copy_that_is_given_up_leaves_nothing) {
    fill_many(1'000);
    BOOST_TEST(answer_of(*database, CopyStep{What::begin}).is_partial);
    BOOST_TEST(has_copy());
    answer_of(*database, CopyStep{What::give_up});
    BOOST_TEST(!has_copy());
    BOOST_TEST(!database->answer(CopyStep{What::go_on}).has_value());
    // Nor one that an interrupted check has left.
    write_file(copy_path(path), "secret");
    database.reset();
    database = open_database(path);
    BOOST_TEST(!has_copy());
}

BOOST_AUTO_TEST_CASE(a_count_that_is_wrong_is_found) {
    fill();
    plant("update tally set jobs = 5 where state = 6");
    auto damage = only_damage();
    BOOST_TEST((damage.part == Part::tally));
    BOOST_TEST(damage.detail == "there are 1 failed jobs, and 5 are counted");
    plant("delete from tally");
    BOOST_TEST(only_damage().detail == "there are 1 failed jobs, and 0 are counted");
}

BOOST_AUTO_TEST_CASE(an_environment_that_outlives_its_jobs_is_found) {
    fill();
    plant("insert into environment (id, body) values (7, x'00')");
    auto damage = only_damage();
    BOOST_TEST((damage.part == Part::environment));
    BOOST_TEST(damage.number == 7U);
}

BOOST_AUTO_TEST_CASE(a_job_without_its_environment_is_found) {
    fill();
    plant("delete from environment");
    auto damage = only_damage();
    BOOST_TEST((damage.part == Part::job));
    BOOST_TEST(damage.number == 1U);
    BOOST_TEST(damage.detail == "its environment 1 is missing");
}

BOOST_AUTO_TEST_CASE(a_gap_between_events_is_found) {
    fill();
    plant("delete from event where seq = 2");
    auto damage = only_damage();
    BOOST_TEST((damage.part == Part::events));
    BOOST_TEST(damage.detail == "of the events 1 to 3 1 are missing");
}

BOOST_AUTO_TEST_CASE(the_queues_are_told_as_they_stand_there) {
    commit(*database, batch_of({QueueRow{.id = 1, .name = "frames", .capacity = 4},
                                QueueRow{.id = 2, .name = "gone", .capacity = 4}}));
    commit(*database, batch_of({QueueErase{2}}));
    plant("update queue set capacity = 0, mode = 4095");
    const auto found = inspect();
    BOOST_TEST(found.damage.empty());
    BOOST_TEST_REQUIRE(found.queues.size() == 1U);
    BOOST_TEST(
        (found.queues[0] == QueueRow{.id = 1, .name = "frames", .mode = 4095, .capacity = 0}));
    BOOST_TEST(found.last_queue == 2U);
}

BOOST_AUTO_TEST_CASE(a_queue_that_cannot_be_read_is_found) {
    commit(*database, batch_of({QueueRow{.id = 1, .name = "frames", .capacity = 4}}));
    plant("update queue set when_full = 9");
    const auto damage = only_damage();
    BOOST_TEST((damage.part == Part::queues));
    BOOST_TEST(!damage.detail.empty());
}

BOOST_AUTO_TEST_CASE(one_that_is_to_stop_ends_as_a_failure_and_leaves_no_copy) {
    fill_many(2'000);
    copy();
    stop.request();
    auto found = inspect_copy(path, stop);
    BOOST_TEST(!found.has_value());
    BOOST_TEST(!has_copy());
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_found) {
    fill_many(500);
    BOOST_TEST_REQUIRE(database->checkpoint().has_value());
    copy();
    // One that is in the middle of the table of jobs.
    auto bytes = read_file(copy_path(path));
    bytes.replace(bytes.size() / 2 / page_size * page_size, 64, std::string(64, '\x55'));
    write_file(copy_path(path), bytes);
    auto found = inspect_copy(path, stop);
    BOOST_TEST_REQUIRE(found.has_value(), (found ? "" : found.error().message));
    BOOST_TEST_REQUIRE(!found->damage.empty());
    BOOST_TEST((found->damage.front().part == Part::file));
}

BOOST_AUTO_TEST_CASE(a_census_counts_the_finished_jobs) {
    fill();
    auto counts = answer_of(*database, Census{}).finished_by_state;
    BOOST_TEST(counts.at(static_cast<std::size_t>(State::failed)) == 1U);
    BOOST_TEST(counts.at(static_cast<std::size_t>(State::succeeded)) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
