// A daemon's start and end, and what one leaves to the next.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "ccd/commands.h"
#include "daemon/store/database.h"
#include "tests/daemon/running_daemon.h"

namespace ccd::daemon {
namespace {

struct Place {
    RunningDaemon daemon{""};

    std::string gate() const { return daemon.directory() + "/gate"; }
    job::Id submit(const job::SubmitRequest& request) {
        auto client = daemon.connect();
        auto submitted = client.call<job::Submit>(request);
        BOOST_TEST_REQUIRE(submitted.has_value());
        return submitted->id;
    }
    // Waits until the job has come to this state.
    void await(job::Id id, job::State state) {
        auto client = daemon.connect();
        auto followed = client.follow<job::Events>(
            {.since = 0, .job = id}, [&](const auto& event) { return event.to != state; });
        BOOST_TEST_REQUIRE(followed.has_value());
    }
    // The daemon is stopped.
    void record_executor(const std::string& name) {
        auto database = open_database();
        store::Batch batch;
        batch.add(store::SettingWrite{.name = "executor", .value = name});
        BOOST_TEST_REQUIRE(database->commit({&batch, 1}).has_value());
    }
    std::string recorded_executor() {
        auto snapshot = open_database()->snapshot();
        BOOST_TEST_REQUIRE(snapshot.has_value());
        for (const auto& setting : snapshot->settings)
            if (setting.name == service::executor_setting) return setting.value;
        return "(none)";
    }
    std::unique_ptr<store::Database> open_database() {
        auto database =
            store::Database::open({.path = daemon.directory() + "/state/ccd.db", .vfs = {}});
        BOOST_TEST_REQUIRE(database.has_value());
        return std::move(*database);
    }
};

BOOST_FIXTURE_TEST_SUITE(daemon_suite, Place)

BOOST_AUTO_TEST_CASE(its_state_may_lie_below_a_link) {
    std::filesystem::create_directory(daemon.directory() + "/disk");
    std::filesystem::create_directory_symlink(daemon.directory() + "/disk",
                                              daemon.directory() + "/link");
    daemon.set_adjust(
        [this](Config& config) { config.state_dir = daemon.directory() + "/link/state"; });
    daemon.start();
    BOOST_TEST(daemon.stop() == 0);
    BOOST_TEST(std::filesystem::exists(daemon.directory() + "/disk/state/ccd.db"));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_being_begun_is_left_to_the_next_daemon_and_runs_once) {
    BOOST_TEST_REQUIRE(mkfifo(gate().c_str(), 0600) == 0);
    auto output = daemon.directory() + "/output";
    daemon.start();
    job::SubmitRequest request;
    request.argv = {"/bin/sh", "-c", "cat >>" + output};
    request.cwd = "/";
    request.stdin_file = gate();
    auto id = submit(request);
    await(id, job::State::starting);
    BOOST_TEST(daemon.stop() == 0);

    daemon.start();
    std::ofstream{gate()} << "once\n";
    auto client = daemon.connect();
    auto ended = client.call<job::Wait>({.ids = {id}});
    BOOST_TEST_REQUIRE(ended.has_value());
    BOOST_TEST((ended->jobs.at(0).state == job::State::succeeded));
    std::ifstream written{output};
    BOOST_TEST((std::string{std::istreambuf_iterator<char>{written}, {}} == "once\n"));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(jobs_of_another_executor_are_not_taken_for_gone) {
    BOOST_TEST_REQUIRE(mkfifo(gate().c_str(), 0600) == 0);
    daemon.start();
    job::SubmitRequest request;
    request.argv = {"/bin/sh", "-c", "read line <" + gate()};
    request.cwd = "/";
    auto id = submit(request);
    await(id, job::State::running);
    BOOST_TEST(daemon.stop() == 0);
    BOOST_TEST(recorded_executor() == "process");

    record_executor("systemd");
    daemon.begin();
    BOOST_TEST(daemon.await_end() == 2);

    record_executor("process");
    daemon.start();
    std::ofstream{gate()} << "go\n";
    auto client = daemon.connect();
    auto ended = client.call<job::Wait>({.ids = {id}});
    BOOST_TEST_REQUIRE(ended.has_value());
    BOOST_TEST((ended->jobs.at(0).state == job::State::succeeded));
    BOOST_TEST(daemon.stop() == 0);

    // Nothing of it is left: any executor may go on.
    record_executor("systemd");
    daemon.start();
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
