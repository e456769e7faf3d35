// `ccctl batch` against a disk that fails in the middle.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>

#include "ccd/commands.h"
#include "ctl/run.h"
#include "tests/daemon/running_daemon.h"
#include "tests/daemon/store/fault_vfs.h"

namespace ccd::daemon {
namespace {

using store::Call;
using store::Fault;
using store::FaultVfs;
using store::Lasts;

constexpr std::uint64_t count = 200;

struct Batching {
    FaultVfs vfs;
    RunningDaemon daemon{vfs.name()};

    Batching() {
        std::ofstream file{daemon.directory() + "/jobs"};
        for (std::uint64_t i = 0; i < count; ++i)
            file << R"({"argv": ["true", ")" << i << R"("], "hold": true, "env": []})"
                 << "\n";
        daemon.start();
    }

    // Its exit code, when it has ended.
    std::future<int> begin_batch(const std::string& retries) {
        return std::async(std::launch::async, [this, retries] {
            auto socket = daemon.directory() + "/ccd.sock";
            auto file = daemon.directory() + "/jobs";
            std::vector<std::string_view> words{"--json", "--socket",     socket,  "batch",
                                                file,     "--batch-size", "10",    "--delay",
                                                "1ms",    "--retries",    retries, "--retry-delay",
                                                "50ms"};
            return ctl::run(words);
        });
    }
    std::string database() {
        auto client = daemon.connect();
        auto health = client.call<host::Health>({});
        BOOST_TEST_REQUIRE(health.has_value());
        return health->database;
    }
    std::uint64_t jobs() {
        auto client = daemon.connect();
        auto listed = client.call<job::List>({});
        BOOST_TEST_REQUIRE(listed.has_value());
        return listed->total;
    }
};

BOOST_FIXTURE_TEST_SUITE(batch_suite, Batching)

BOOST_AUTO_TEST_CASE(lines_that_the_storage_refuses_are_tried_again_until_it_is_back) {
    vfs.strike(60, Fault::full, Lasts::for_good, Call::write);
    auto batch = begin_batch("1000");
    vfs.wait_for_strike();
    while (database() != "disconnected") {
    }
    vfs.heal();
    BOOST_TEST(batch.get() == 0);
    BOOST_TEST(jobs() == count);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(where_the_storage_stays_away_it_ends_and_another_run_does_the_rest) {
    vfs.strike(60, Fault::full, Lasts::for_good, Call::write);
    BOOST_TEST(begin_batch("1").get() == 1);
    vfs.heal();
    while (database() != "connected") {
    }
    BOOST_TEST(jobs() < count);
    BOOST_TEST(begin_batch("1").get() == 0);
    BOOST_TEST(jobs() == count);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
