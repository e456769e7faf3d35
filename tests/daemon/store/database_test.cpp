#include "daemon/store/database.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

struct Fixture {
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    std::unique_ptr<Database> database = open_database(path);
};

BOOST_FIXTURE_TEST_SUITE(database, Fixture)

BOOST_AUTO_TEST_CASE(a_new_database_has_nothing_in_it) {
    const Snapshot snapshot = snapshot_of(*database);
    BOOST_TEST(unfinished_of(*database).empty());
    BOOST_TEST(snapshot.environments.empty());
    BOOST_TEST(snapshot.finished_keys.empty());
    BOOST_TEST(snapshot.settings.empty());
    BOOST_TEST(snapshot.last_job == 0U);
    BOOST_TEST(snapshot.last_event == 0U);
    BOOST_TEST(snapshot.last_environment == 0U);
    BOOST_TEST(snapshot.finished_by_state.size() == job::state_table.size());
}

BOOST_AUTO_TEST_CASE(of_a_batch_that_cannot_be_saved_nothing_is) {
    commit(*database, submit_of(1));
    const Batch broken =
        batch_of({small_job(2), job::Event{.seq = 2}, SettingWrite{"name", "value"},
                  EnvironmentRow{1, "A=1"}, small_job(1)});
    BOOST_TEST((database->commit({&broken, 1}).error().code == Errc::conflict));
    const Snapshot snapshot = snapshot_of(*database);
    BOOST_TEST(snapshot.last_job == 1U);
    BOOST_TEST(snapshot.last_event == 1U);
    BOOST_TEST(snapshot.last_environment == 0U);
    BOOST_TEST(snapshot.settings.empty());
}

BOOST_AUTO_TEST_CASE(of_batches_that_are_committed_together_all_are_saved_or_none) {
    const std::array whole{submit_of(1), submit_of(2), submit_of(3)};
    BOOST_TEST(database->commit(whole).has_value());
    BOOST_TEST(snapshot_of(*database).last_job == 3U);

    const std::array broken{submit_of(4), submit_of(2), submit_of(5)};
    BOOST_TEST((database->commit(broken).error().code == Errc::conflict));
    BOOST_TEST(snapshot_of(*database).last_job == 3U);
    BOOST_TEST(snapshot_of(*database).last_event == 3U);

    const std::array after{submit_of(4)};
    BOOST_TEST(database->commit(after).has_value());
}

BOOST_AUTO_TEST_CASE(the_log_is_written_over_after_a_checkpoint_and_gone_after_closing) {
    const std::string log = path + "-wal";
    std::uint64_t n = 0;
    const auto fill = [&] {
        while (!database->is_checkpoint_due()) commit(*database, submit_of(++n));
        BOOST_TEST(database->log_size().count >= (4_MiB).count);
        BOOST_TEST_REQUIRE(database->checkpoint().has_value());
        BOOST_TEST(database->log_size().count == 0U);
        return std::filesystem::file_size(log);
    };
    const auto first = fill();
    BOOST_TEST(fill() <= first + 100'000);
    database.reset();
    BOOST_TEST(!std::filesystem::exists(log));
    BOOST_TEST(snapshot_of(*open_database(path)).last_job == n);
}

BOOST_AUTO_TEST_CASE(no_file_of_shared_memory_is_made) {
    commit(*database, submit_of(1));
    BOOST_TEST(std::filesystem::exists(path + "-wal"));
    BOOST_TEST(!std::filesystem::exists(path + "-shm"));
}

BOOST_AUTO_TEST_CASE(what_stands_only_in_the_log_is_recovered) {
    commit(*database, submit_of(1));
    const std::string copy = directory / "copy.db";
    write_file(copy, read_file(path));
    write_file(copy + "-wal", read_file(path + "-wal"));
    BOOST_TEST(snapshot_of(*open_database(copy)).last_job == 1U);
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_is_an_error) {
    BOOST_TEST(!Database::open({.path = directory / "nothing/ccd.db"}).has_value());
    BOOST_TEST(!Database::open({.path = path, .vfs = "no such vfs"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
