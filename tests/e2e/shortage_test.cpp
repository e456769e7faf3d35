// What the daemon does where it lacks what a job needs to be started, or to be looked at.
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

namespace fs = std::filesystem;

struct Shortage : Stage {
    // Where the output of all jobs goes.
    std::string logs() { return daemon().directory() + "/state/logs"; }

    std::string executor_status() {
        auto health = call<host::Health>();
        auto part = std::ranges::find(health.parts, "executor", &host::Part::name);
        BOOST_TEST_REQUIRE((part != health.parts.end()));
        return part->status;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shortage, Shortage, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(while_no_log_can_be_made_jobs_wait_and_say_why_and_none_fails) {
    write_file(logs(), "in the way");
    auto job = submit(program({"/bin/true"}));
    std::vector<job::Blocker> blockers;
    while (blockers.empty()) blockers = call<job::Why>({.id = job}).blockers;
    BOOST_TEST(blockers[0].kind == "executor");
    BOOST_TEST(blockers[0].message.find(logs()) != std::string::npos);
    // A try is made from time to time; then nothing is wrong until it has failed.
    while (executor_status() != "degraded") {
    }
    fs::remove(logs());
    auto ended = wait(job);
    BOOST_TEST((ended.state == job::State::succeeded));
    BOOST_TEST(ended.attempt > 1U);
    BOOST_TEST(executor_status() == "healthy");
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_the_executor_can_be_cancelled) {
    write_file(logs(), "in the way");
    auto job = submit(program({"/bin/true"}));
    while (call<job::Why>({.id = job}).blockers.empty()) {
    }
    cancel(job);
    BOOST_TEST((wait(job).state == job::State::cancelled));
}

BOOST_AUTO_TEST_CASE(only_an_output_that_is_not_there_is_gone) {
    auto job = run(program({"/bin/true"})).id;
    auto log = logs() + "/0/" + std::to_string(job) + ".1.log";
    fs::rename(log, path("elsewhere"));
    auto gone = refuse<job::Logs>({.id = job, .attempt = {}});
    BOOST_TEST((gone.code == Errc::not_found));
    fs::create_symlink(path("elsewhere"), log);
    auto barred = refuse<job::Logs>({.id = job, .attempt = {}});
    BOOST_TEST((barred.code == Errc::internal));
    BOOST_TEST(barred.message.find("gone") == std::string::npos);
    BOOST_TEST(barred.message.find("job " + std::to_string(job)) != std::string::npos);
}

// As where a disk or a directory of users does not answer: a thread is stuck in it.
BOOST_AUTO_TEST_CASE(it_ends_although_what_it_has_asked_of_the_machine_does_not_come_back) {
    auto job = run(program({"/bin/true"})).id;
    auto log = logs() + "/0/" + std::to_string(job) + ".1.log";
    fs::remove(log);
    BOOST_TEST_REQUIRE(mkfifo(log.c_str(), 0600) == 0);
    auto client = connect();
    BOOST_TEST_REQUIRE(client.send<job::Logs>({.id = job, .attempt = {}}).has_value());
    BOOST_TEST_REQUIRE(client.call<host::Stats>({}).has_value());
    auto stopped = daemon().stop();
    BOOST_TEST((stopped.has_value()), (stopped ? "" : stopped.error().message));
}

BOOST_AUTO_TEST_CASE(it_outlives_who_reads_its_output_and_keeps_what_it_makes_to_itself) {
    auto status = read_file("/proc/" + std::to_string(daemon().pid()) + "/status");
    BOOST_TEST(status.find("Umask:\t0077\n") != std::string::npos);
    auto ignored = status.substr(status.find("SigIgn:\t") + 8, 16);
    BOOST_TEST((std::stoull(ignored, nullptr, 16) & (1ULL << (SIGPIPE - 1))) != 0);
    BOOST_TEST(
        (fs::status(daemon().runtime_directory() + "/jobs").permissions() == fs::perms::owner_all));
    BOOST_TEST((fs::status(daemon().runtime_directory()).permissions() == fs::perms{0755}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
