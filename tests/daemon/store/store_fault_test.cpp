#include <boost/test/unit_test.hpp>
#include <thread>

#include "daemon/store/store.h"
#include "tests/daemon/store/caller.h"
#include "tests/daemon/store/fault_vfs.h"
#include "tests/daemon/store/rows.h"
#include "tests/daemon/store/story.h"

namespace {

using namespace ccd;
using namespace ccd::store;
using namespace std::chrono_literals;

constexpr std::uint64_t last = 10;

struct Fixture {
    FaultVfs vfs;
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";

    Store::Options options(const std::string& file, Millis retry_delay = 0ms) {
        return {.database = {.path = file, .vfs = vfs.name(), .checkpoint_frames = 8},
                .retry_attempts = 2,
                .retry_delay = retry_delay,
                .idle_delay = 1h};
    }
};

// Saves the chapters that are missing; opens anew whenever it may help. Gives the last that is
// acknowledged.
std::uint64_t tell(Caller& caller, FaultVfs& vfs) {
    std::uint64_t acknowledged = 0;
    for (int openings = 0; acknowledged < last; ++openings) {
        BOOST_TEST_REQUIRE(openings < 3);
        if (openings == 2) vfs.heal();
        const auto snapshot = caller.reopen();
        if (!snapshot) continue;
        BOOST_TEST_REQUIRE(snapshot->last_job >= acknowledged);
        acknowledged = snapshot->last_job;
        while (acknowledged < last && caller.save(chapter(acknowledged + 1))) ++acknowledged;
    }
    return acknowledged;
}

// The store with the n-th call failing, for every n that there is: it comes back by itself.
void break_everywhere(Fixture& fixture, Fault fault, Lasts lasts) {
    for (std::uint64_t n = 1;; ++n) {
        BOOST_TEST_CONTEXT("call " << n) {
            const std::string path = fixture.directory / ("ccd-" + std::to_string(n) + ".db");
            fixture.vfs.strike(n, fault, lasts);
            Caller caller{fixture.options(path)};
            const std::uint64_t acknowledged = tell(caller, fixture.vfs);
            const bool is_over = fixture.vfs.calls() < n;
            fixture.vfs.heal();
            caller.stop();
            BOOST_TEST(check_story(path, fixture.vfs.name(), acknowledged) == last);
            if (!is_over) continue;
            BOOST_TEST(n > 50U);
            return;
        }
    }
}

BOOST_FIXTURE_TEST_SUITE(store_fault, Fixture)

BOOST_AUTO_TEST_CASE(the_store_survives_any_one_failure) {
    break_everywhere(*this, Fault::fail, Lasts::once);
}

BOOST_AUTO_TEST_CASE(the_store_survives_any_torn_write) {
    break_everywhere(*this, Fault::tear, Lasts::once);
}

BOOST_AUTO_TEST_CASE(a_commit_that_fails_is_tried_again_and_then_acknowledged) {
    Caller caller{options(path)};
    BOOST_TEST_REQUIRE(caller.reopen().has_value());
    vfs.strike(1, Fault::full, Lasts::once, Call::write);
    BOOST_TEST(caller.save(chapter(1)).has_value());
    const Statistics now = caller.store().statistics();
    BOOST_TEST(now.retries == 1U);
    BOOST_TEST(now.commits == 1U);
    BOOST_TEST(now.failures == 0U);
    BOOST_TEST(now.is_open);
}

BOOST_AUTO_TEST_CASE(a_commit_that_goes_on_failing_takes_the_store_down_until_it_is_reopened) {
    Caller caller{options(path)};
    BOOST_TEST_REQUIRE(caller.reopen().has_value());
    BOOST_TEST(caller.save(chapter(1)).has_value());
    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    const auto failed = caller.save(chapter(2));
    BOOST_TEST((failed.error().code == Errc::storage_unavailable));
    BOOST_TEST(!failed.error().confirmed);
    BOOST_TEST(caller.store().statistics().retries == 2U);
    BOOST_TEST(caller.store().statistics().failures == 1U);

    vfs.heal();
    const auto refused = caller.save(chapter(2));
    BOOST_TEST((refused.error().code == Errc::storage_unavailable));
    BOOST_TEST(refused.error().confirmed);
    BOOST_TEST(caller.ask(JobPage{}).value().jobs.size() == 1U);

    const auto snapshot = caller.reopen();
    BOOST_TEST_REQUIRE(snapshot.has_value());
    BOOST_TEST(snapshot->last_job == 1U);
    BOOST_TEST(caller.save(chapter(2)).has_value());
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_never_tried_again_and_acknowledged) {
    Caller caller{options(path)};
    BOOST_TEST_REQUIRE(caller.reopen().has_value());
    vfs.strike(1, Fault::fail, Lasts::once, Call::sync);
    const auto failed = caller.save(chapter(1));
    BOOST_TEST((failed.error().code == Errc::storage_unavailable));
    BOOST_TEST(!failed.error().confirmed);
    BOOST_TEST(caller.store().statistics().retries == 0U);
    BOOST_TEST(!caller.store().statistics().is_open);
    BOOST_TEST(!caller.save(chapter(1)).has_value());
    BOOST_TEST(caller.reopen().has_value());
}

BOOST_AUTO_TEST_CASE(a_lost_sync_of_a_checkpoint_takes_the_store_down) {
    Caller caller{options(path)};
    BOOST_TEST_REQUIRE(caller.reopen().has_value());
    BOOST_TEST(caller.save(chapter(1)).has_value());
    vfs.strike(2, Fault::fail, Lasts::once, Call::sync);
    std::uint64_t n = 2;
    while (caller.save(chapter(n))) BOOST_TEST_REQUIRE(++n < 20U);
    BOOST_TEST(!caller.store().statistics().is_open);
    const auto snapshot = caller.reopen();
    BOOST_TEST_REQUIRE(snapshot.has_value());
    BOOST_TEST(snapshot->last_job >= n - 1);
    BOOST_TEST(caller.save(chapter(snapshot->last_job + 1)).has_value());
}

BOOST_AUTO_TEST_CASE(a_store_that_waits_to_try_again_does_not_count_as_hanging_and_ends_at_once) {
    Store::Options patient = options(path, std::chrono::hours{24});
    patient.clock = [] { return Time{Micros{4711}}; };
    Caller caller{std::move(patient)};
    BOOST_TEST_REQUIRE(caller.reopen().has_value());
    vfs.strike(1, Fault::fail, Lasts::for_good, Call::write);
    caller.store().send(chapter(1));
    while (!vfs.has_struck() || caller.store().statistics().busy_since) std::this_thread::yield();
    BOOST_TEST(caller.store().statistics().waiting == 1U);
    caller.stop();
    vfs.heal();
    BOOST_TEST(check_story(path, vfs.name(), 0) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
