// A daemon whose executor is slow, away or blind: what it does meanwhile, and what it does not.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ccd/commands.h"
#include "tests/daemon/exec/fake_systemd.h"
#include "tests/daemon/gpu/script.h"
#include "tests/daemon/running_daemon.h"
#include "tests/daemon/store/fault_vfs.h"

namespace ccd::daemon {
namespace {

job::SubmitRequest request(std::vector<std::string> argv) {
    job::SubmitRequest request;
    request.argv = std::move(argv);
    request.env = {"PATH=/usr/bin:/bin"};
    request.cwd = "/";
    return request;
}

job::Status::Reply status_of(client::Client& client, job::Id id) {
    auto status = client.call<job::Status>({.ids = {id}});
    BOOST_TEST_REQUIRE(status.has_value());
    return std::move(*status);
}

struct Plain {
    job::State state(client::Client& client, job::Id id) {
        return status_of(client, id).jobs.at(0).state;
    }
    void await_state(client::Client& client, job::Id id, job::State wanted) {
        while (state(client, id) != wanted) std::this_thread::yield();
    }
    std::string fifo(const std::string& name) const {
        auto path = daemon.directory() + "/" + name;
        BOOST_TEST_REQUIRE(mkfifo(path.c_str(), 0600) == 0);
        return path;
    }
    std::vector<job::Event> events(client::Client& client, job::Id id, std::size_t count) {
        std::vector<job::Event> found;
        auto followed = client.follow<job::Events>({.since = 0, .job = id}, [&](const auto& event) {
            found.push_back(event);
            return found.size() < count;
        });
        BOOST_TEST_REQUIRE(followed.has_value());
        return found;
    }

    store::FaultVfs vfs;
    RunningDaemon daemon{vfs.name()};
};

WallTime wall_now() {
    return loop::Loop::read_clocks().wall;
}

BOOST_FIXTURE_TEST_SUITE(executor_suite, Plain)

BOOST_AUTO_TEST_CASE(a_job_that_begins_while_the_daemon_ends_is_on_record_as_running) {
    daemon.start();
    auto client = daemon.connect();
    // Opening its standard input waits for us.
    auto job = request({"sleep", "1000"});
    job.stdin_file = fifo("input");
    auto submitted = client.call<job::Submit>(job);
    BOOST_TEST_REQUIRE(submitted.has_value());
    await_state(client, submitted->id, job::State::starting);
    daemon.begin_stop();
    // Nobody is let in any more, so it is stopping.
    while (client::Client::open(daemon.directory() + "/ccd.sock", Millis{60'000}))
        std::this_thread::yield();
    std::ofstream{daemon.directory() + "/input"} << "go\n";
    BOOST_TEST(daemon.await_end() == 0);
    auto ended = wall_now();

    daemon.start();
    auto again = daemon.connect();
    auto began = events(again, submitted->id, 3).back();
    BOOST_TEST((began.to == job::State::running));
    BOOST_TEST((began.time <= ended));
    BOOST_TEST(again.call<job::Cancel>({.ids = {submitted->id}, .reason = {}}).has_value());
    await_state(again, submitted->id, job::State::cancelled);
}

BOOST_AUTO_TEST_CASE(before_cards_were_looked_at_no_job_is_begun) {
    gpu::Script script;
    script.say({"card 00000000:65:00.0 GPU-near 24576 300 20180 37 RTX"});
    daemon.set_adjust([](Config& config) {
        config.gpu_source = GpuSource::nvml;
        config.gpu_library = FAKE_NVML;
        config.max_running = 1;
    });
    daemon.start();
    auto client = daemon.connect();
    auto gate = fifo("gate");
    auto first = client.call<job::Submit>(request({"sh", "-c", "read line <" + gate})).value().id;
    await_state(client, first, job::State::running);
    auto second = client.call<job::Submit>(request({"true"})).value().id;
    BOOST_TEST(daemon.stop() == 0);

    // The first ends while nobody looks, so the second could begin at once.
    auto records = daemon.directory() + "/run/jobs";
    std::ofstream{gate} << "go\n";
    auto hang = script.make_fifo();
    script.say({"card 00000000:65:00.0 GPU-near 24576 300 20180 37 RTX",
                "hang nvmlDeviceGetCount_v2 " + hang.string()});
    daemon.begin();
    UniqueFd end{open(hang.c_str(), O_WRONLY | O_CLOEXEC)};
    // Its end is taken down, and its record let go, in the turn in which the second would begin.
    while (!std::filesystem::is_empty(records)) std::this_thread::yield();
    auto looked_at = wall_now();
    script.say({"card 00000000:65:00.0 GPU-near 24576 300 20180 37 RTX"});
    end.reset();
    while (!daemon.is_ready()) std::this_thread::yield();
    auto later = daemon.connect();
    await_state(later, second, job::State::succeeded);
    BOOST_TEST((events(later, second, 2).back().to == job::State::starting));
    BOOST_TEST((events(later, second, 2).back().time >= looked_at));
}

BOOST_AUTO_TEST_SUITE_END()

// Of a user's own ccd, with a manager that does what the test says.
struct Managed : Plain {
    Managed() {
        std::filesystem::create_directory(daemon.directory() + "/systemd");
        setenv("XDG_RUNTIME_DIR", daemon.directory().c_str(), 1);
        systemd.emplace(loop, daemon.directory() + "/systemd/private");
        daemon.set_adjust([this](Config& config) {
            config.is_of_user = true;
            config.executor = ExecutorChoice::systemd;
            config.adopt_patience = patience;
        });
        tick.set(Millis{1});
        loop.set_before_sleep([this] {
            if (is_done && is_done()) loop.stop();
        });
    }

    // Turns the loop of systemd until it has come to that.
    void until(std::function<bool()> condition) {
        is_done = std::move(condition);
        while (!is_done()) loop.run();
        is_done = {};
    }
    job::Id running_job(client::Client& client) {
        auto id = client.call<job::Submit>(request({"true"})).value().id;
        until([&] { return !systemd->units.empty(); });
        systemd->begin(systemd->units.begin()->first);
        until([&] { return state(client, id) == job::State::running; });
        return id;
    }

    loop::Loop loop;
    loop::Timer tick{loop, [this] { tick.set(Millis{1}); }};
    std::optional<exec::FakeSystemd> systemd;
    Millis patience{600'000};
    std::function<bool()> is_done;
};

BOOST_FIXTURE_TEST_SUITE(managed_suite, Managed)

BOOST_AUTO_TEST_CASE(while_the_manager_is_away_clients_are_answered_and_jobs_looked_for) {
    daemon.begin();
    until([&] { return daemon.is_ready(); });
    auto client = daemon.connect();
    BOOST_TEST(client.call<host::Health>({})->status == "healthy");
    auto id = running_job(client);
    BOOST_TEST(daemon.stop() == 0);

    auto socket = daemon.directory() + "/systemd/private";
    systemd->set_deaf(true);
    systemd->hang_up();
    std::ofstream{socket} << "nobody listens";
    patience = Millis{1};
    daemon.begin();
    until([&] { return daemon.is_ready(); });
    auto later = daemon.connect();
    auto health = later.call<host::Health>({}).value();
    BOOST_TEST(health.status == "degraded");
    BOOST_TEST(health.parts.at(3).detail ==
               "not found yet of those that an earlier daemon began: 1");
    BOOST_TEST((state(later, id) == job::State::running));

    systemd->set_deaf(false);
    until([&] { return later.call<host::Health>({})->status == "healthy"; });
    systemd->end(systemd->units.begin()->first, CLD_EXITED, 6);
    until([&] { return state(later, id) == job::State::failed; });
    BOOST_TEST(status_of(later, id).jobs.at(0).exit_code.value() == 6);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
