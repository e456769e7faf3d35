#include <boost/test/unit_test.hpp>

#include "daemon/store/database.h"
#include "tests/daemon/store/fault_vfs.h"
#include "tests/daemon/store/rows.h"
#include "tests/daemon/store/story.h"

namespace {

using namespace ccd;
using namespace ccd::store;

constexpr std::uint64_t half = 6;

// Commits from `next` on until `last`, with checkpoints. Gives the last that was acknowledged.
std::uint64_t tell(const Database::Options& options, std::uint64_t next, std::uint64_t last) {
    auto database = Database::open(options);
    if (!database) return next - 1;
    for (; next <= last; ++next) {
        const Batch batch = chapter(next);
        if (!(*database)->commit({&batch, 1})) break;
        if (!(*database)->is_checkpoint_due()) continue;
        const auto copied = (*database)->checkpoint();
        if (!copied && (*database)->is_sync_lost()) return next;
    }
    return next - 1;
}

// Creates, fills, closes, opens, fills, closes: each step may be the last one that works.
std::uint64_t tell_whole(const Database::Options& options) {
    const std::uint64_t acknowledged = tell(options, 1, half);
    return acknowledged < half ? acknowledged : tell(options, half + 1, 2 * half);
}

// The story with the n-th call failing, for every n that there is.
void break_everywhere(Fault fault, Lasts lasts) {
    FaultVfs vfs;
    for (std::uint64_t n = 1;; ++n) {
        BOOST_TEST_CONTEXT("call " << n) {
            TemporaryDirectory directory;
            const Database::Options options{
                .path = directory / "ccd.db", .vfs = vfs.name(), .checkpoint_frames = 8};
            vfs.strike(n, fault, lasts);
            const std::uint64_t acknowledged = tell_whole(options);
            const bool has_struck = vfs.has_struck();
            vfs.heal();
            const std::uint64_t kept = check_story(options.path, vfs.name(), acknowledged);
            // One commit more than was acknowledged may have got to the disk, no more.
            BOOST_TEST(kept <= acknowledged + 1);
            BOOST_TEST(tell(options, kept + 1, kept + 2) == kept + 2);
            if (!has_struck) {
                BOOST_TEST(n > 50U);
                return;
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE(database_fault)

BOOST_AUTO_TEST_CASE(after_any_one_failure_all_that_was_acknowledged_is_there) {
    break_everywhere(Fault::fail, Lasts::once);
}

BOOST_AUTO_TEST_CASE(after_any_failure_for_good_all_that_was_acknowledged_is_there) {
    break_everywhere(Fault::fail, Lasts::for_good);
}

BOOST_AUTO_TEST_CASE(after_any_torn_write_all_that_was_acknowledged_is_there) {
    break_everywhere(Fault::tear, Lasts::once);
    break_everywhere(Fault::tear, Lasts::for_good);
}

BOOST_AUTO_TEST_CASE(on_a_disk_that_fills_at_any_write_all_that_was_acknowledged_is_there) {
    break_everywhere(Fault::full, Lasts::for_good);
}

BOOST_AUTO_TEST_CASE(a_failed_write_may_be_tried_again_and_a_failed_sync_may_not) {
    FaultVfs vfs;
    TemporaryDirectory directory;
    auto database = open_database(directory / "ccd.db", vfs.name());
    const Batch batch = chapter(1);

    vfs.strike(1, Fault::fail, Lasts::once, Call::write);
    auto saved = database->commit({&batch, 1});
    BOOST_TEST((saved.error().code == Errc::storage_unavailable));
    BOOST_TEST(!database->is_sync_lost());
    BOOST_TEST(database->commit({&batch, 1}).has_value());

    vfs.strike(1, Fault::fail, Lasts::once, Call::sync);
    const Batch next = chapter(2);
    saved = database->commit({&next, 1});
    BOOST_TEST((saved.error().code == Errc::storage_unavailable));
    BOOST_TEST(database->is_sync_lost());
}

BOOST_AUTO_TEST_CASE(what_is_recovered_is_not_shown_before_it_is_synced) {
    FaultVfs vfs;
    TemporaryDirectory directory;
    const std::string copy = directory / "copy.db";
    {
        auto database = open_database(directory / "ccd.db", vfs.name());
        commit(*database, chapter(1));
        write_file(copy, read_file(directory / "ccd.db"));
        write_file(copy + "-wal", read_file(directory / "ccd.db-wal"));
    }
    vfs.strike(1, Fault::fail, Lasts::once, Call::sync);
    BOOST_TEST(!Database::open({.path = copy, .vfs = vfs.name()}).has_value());
    BOOST_TEST(check_story(copy, vfs.name(), 1) == 1U);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_cannot_write_loses_nothing_and_succeeds_later) {
    FaultVfs vfs;
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    auto database = open_database(path, vfs.name());
    commit(*database, chapter(1));

    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    BOOST_TEST(!database->checkpoint().has_value());
    BOOST_TEST(!database->is_sync_lost());
    BOOST_TEST(database->log_size().count > 0U);
    vfs.heal();
    commit(*database, chapter(2));
    BOOST_TEST(database->checkpoint().has_value());
    database.reset();
    BOOST_TEST(check_story(path, vfs.name(), 2) == 2U);
}

BOOST_AUTO_TEST_CASE(a_lost_sync_of_a_checkpoint_leaves_the_log_for_the_next_opening) {
    FaultVfs vfs;
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    auto database = open_database(path, vfs.name());
    commit(*database, chapter(1));

    vfs.strike(1, Fault::fail, Lasts::once, Call::sync);
    BOOST_TEST(!database->checkpoint().has_value());
    BOOST_TEST(database->is_sync_lost());
    database.reset();
    BOOST_TEST(!read_file(path + "-wal").empty());
    BOOST_TEST(check_story(path, vfs.name(), 1) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
