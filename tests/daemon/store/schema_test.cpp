#include "daemon/store/schema.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include "tests/daemon/store/rows.h"
#include "tests/daemon/store/story.h"

namespace {

using namespace ccd;
using namespace ccd::store;

struct Fixture {
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";

    // As another program, or another version, would write it.
    void write_with_sqlite(const std::string& sql) {
        sqlite3* connection = nullptr;
        BOOST_REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
        BOOST_TEST(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(connection);
    }
    std::string newer_version() const {
        return "pragma user_version = " + std::to_string(schema_version() + 1);
    }
};

BOOST_FIXTURE_TEST_SUITE(schema, Fixture)

BOOST_AUTO_TEST_CASE(a_new_database_is_ours_and_sound) {
    open_database(path).reset();
    BOOST_TEST(integrity(path) == "ok");
    BOOST_TEST(read_file(path).substr(68, 4) == "ccd1");
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused_and_left_alone) {
    open_database(path).reset();
    write_with_sqlite(newer_version());
    const std::string before = read_file(path);
    auto database = Database::open({.path = path});
    BOOST_TEST_REQUIRE(!database.has_value());
    BOOST_TEST((database.error().code == Errc::storage_unavailable));
    BOOST_TEST(database.error().message.find("newer ccd") != std::string::npos);
    BOOST_TEST((read_file(path) == before));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_that_stands_only_in_the_log_is_refused) {
    open_database(path).reset();
    sqlite3* newer = nullptr;
    BOOST_REQUIRE(sqlite3_open(path.c_str(), &newer) == SQLITE_OK);
    BOOST_TEST(sqlite3_exec(newer, newer_version().c_str(), nullptr, nullptr, nullptr) ==
               SQLITE_OK);
    const std::string copy = directory / "copy.db";
    write_file(copy, read_file(path));
    write_file(copy + "-wal", read_file(path + "-wal"));
    sqlite3_close(newer);

    auto database = Database::open({.path = copy});
    BOOST_TEST_REQUIRE(!database.has_value());
    BOOST_TEST(database.error().message.find("newer ccd") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_is_refused_and_left_alone) {
    write_with_sqlite("create table theirs (x); insert into theirs values (1)");
    const std::string before = read_file(path);
    auto database = Database::open({.path = path});
    BOOST_TEST_REQUIRE(!database.has_value());
    BOOST_TEST(database.error().message.find("another program") != std::string::npos);
    BOOST_TEST((read_file(path) == before));
}

BOOST_AUTO_TEST_CASE(a_number_that_ccd_cannot_have_written_is_an_error_not_a_crash) {
    commit(*open_database(path), batch_of({small_job(1), small_job(2)}));
    write_with_sqlite("update job set class = 77 where id = 1");
    auto database = open_database(path);
    BOOST_TEST(!database->answer(UnfinishedJobs{}).has_value());
    BOOST_TEST(!database->answer(JobsById{{1}}).has_value());
    BOOST_TEST(answer_of(*database, JobsById{{2}}).jobs.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_of_the_first_schema_is_read_as_one_that_asked_for_nothing_since) {
    auto job = small_job(1, job::State::failed);
    job.argv = std::string{"true\0", 5};
    job.progress.run.edit().exit_code = 1;
    commit(*open_database(path), batch_of({job}));
    for (auto column : {"properties", "pool", "array", "array_index", "array_limit", "after",
                        "after_any", "max_retries", "retry_delay", "warn_signal", "warn_before",
                        "retry_on", "ended_by", "retries_left", "due", "array_size", "request"})
        write_with_sqlite(std::string{"alter table job drop column "} + column);
    write_with_sqlite("drop table queue");
    write_with_sqlite("pragma user_version = 1");
    auto database = open_database(path);
    BOOST_TEST_REQUIRE(answer_of(*database, JobsById{{1}}).jobs.size() == 1U);
    BOOST_TEST((answer_of(*database, JobsById{{1}}).jobs.front() == job));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
