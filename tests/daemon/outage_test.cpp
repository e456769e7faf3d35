// Life without a store: what a failing disk hurts, and what it does not.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>

#include "ccd/commands.h"
#include "tests/daemon/running_daemon.h"
#include "tests/daemon/store/fault_vfs.h"

namespace ccd::daemon {
namespace {

using store::Call;
using store::Fault;
using store::FaultVfs;
using store::Lasts;

job::SubmitRequest request(std::vector<std::string> argv, std::string key) {
    job::SubmitRequest request;
    request.argv = std::move(argv);
    request.key = std::move(key);
    request.env = {"PATH=/usr/bin:/bin"};
    request.cwd = "/";
    return request;
}

job::SubmitRequest held(const std::string& key) {
    auto submit = request({"true"}, key);
    submit.hold = true;
    return submit;
}

struct Outage {
    FaultVfs vfs;
    RunningDaemon daemon{vfs.name()};

    // A job that ends with exit code 5 when its gate is opened.
    job::SubmitRequest gated() {
        BOOST_TEST_REQUIRE(mkfifo(gate().c_str(), 0600) == 0);
        return request({"sh", "-c", "read line <" + gate() + "; exit 5"}, "gated");
    }
    std::string gate() const { return daemon.directory() + "/gate"; }
    void open_gate() const { std::ofstream{gate()} << "go\n"; }

    static job::SubmitReply submit_until_taken(client::Client& client, const std::string& key) {
        for (;;) {
            auto submitted = client.call<job::Submit>(held(key));
            if (submitted) return *submitted;
            BOOST_TEST_REQUIRE((submitted.error().code == Errc::storage_unavailable));
        }
    }

    // After a restart every answered submit is there, exactly once, and any other at most once.
    void check_record(const std::set<std::string>& answered) {
        BOOST_TEST(daemon.stop() == 0);
        daemon.start();
        auto client = daemon.connect();
        std::multiset<std::string> found;
        auto jobs = client.call<job::List>({.limit = 1000});
        BOOST_TEST_REQUIRE(jobs.has_value());
        for (const auto& job : jobs->jobs) found.insert(job.key.value());
        for (const auto& key : answered) BOOST_TEST(found.count(key) == 1U, key);
        for (const auto& key : found) BOOST_TEST(found.count(key) == 1U, key);
    }

    static std::uint64_t wait_until_running(client::Client& client, job::Id id) {
        std::uint64_t seq = 0;
        auto followed = client.follow<job::Events>({.since = 0, .job = id}, [&](const auto& event) {
            seq = event.seq;
            return event.to != job::State::running;
        });
        BOOST_TEST_REQUIRE(followed.has_value());
        return seq;
    }
};

BOOST_FIXTURE_TEST_SUITE(outage_suite, Outage)

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_submits_serves_the_rest_and_loses_no_exit_code) {
    daemon.start();
    auto client = daemon.connect();
    auto running = client.call<job::Submit>(gated());
    BOOST_TEST_REQUIRE(running.has_value());
    auto follower = daemon.connect();
    wait_until_running(follower, running->id);

    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    auto unlucky = client.call<job::Submit>(held("unlucky"));
    BOOST_TEST_REQUIRE(!unlucky.has_value());
    BOOST_TEST((unlucky.error().code == Errc::storage_unavailable));
    BOOST_TEST(!unlucky.error().confirmed);
    auto refused = client.call<job::Submit>(held("refused"));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::storage_unavailable));
    // Nothing of this one was ever sent to the disk.
    BOOST_TEST(refused.error().confirmed);
    BOOST_TEST(refused.error().retry_after.has_value());

    BOOST_TEST(client.call<host::Ping>({}).has_value());
    auto health = client.call<host::Health>({});
    BOOST_TEST(health->status == "degraded");
    BOOST_TEST(health->database == "disconnected");
    auto status = client.call<job::Status>({.ids = {running->id}});
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST((status->jobs.at(0).state == job::State::running));

    // It ends while nothing can be written down; who waits for it is told when that is possible.
    auto waiting = client.send<job::Wait>({.ids = {running->id}});
    BOOST_TEST_REQUIRE(waiting.has_value());
    open_gate();
    vfs.heal();
    auto ended = client.receive<job::Wait>(*waiting);
    BOOST_TEST_REQUIRE(ended.has_value());
    BOOST_TEST((ended->jobs.at(0).state == job::State::failed));
    BOOST_TEST(ended->jobs.at(0).exit_code.value() == 5);

    BOOST_TEST(client.call<host::Health>({})->database == "connected");
    auto again = client.call<job::Submit>(held("unlucky"));
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(client.call<job::Submit>(held("unlucky"))->id == again->id);
    BOOST_TEST(client.call<job::List>({})->total == 2U);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(health_is_told_while_the_daemon_starts_and_all_else_waits_for_it) {
    vfs.strike(1, Fault::hang, Lasts::once, Call::sync);
    daemon.begin();
    vfs.wait_for_strike();
    auto client = daemon.connect();
    auto listed = client.send<job::List>({});
    BOOST_TEST_REQUIRE(listed.has_value());
    auto other = daemon.connect();
    auto health = other.call<host::Health>({});
    BOOST_TEST_REQUIRE(health.has_value());
    BOOST_TEST(health->status == "degraded");
    BOOST_TEST(health->database == "disconnected");
    BOOST_TEST(other.call<host::Ping>({}).has_value());
    auto submitted = other.send<job::Submit>(held("early"));
    BOOST_TEST_REQUIRE(submitted.has_value());
    vfs.heal();
    BOOST_TEST(client.receive<job::List>(*listed).has_value());
    BOOST_TEST(other.receive<job::Submit>(*submitted).has_value());
    BOOST_TEST(other.call<host::Health>({})->database == "connected");
    BOOST_TEST(daemon.stop() == 0);
}

// A disk that says nothing is given up: whoever waits for it is told, whatever can be said is said,
// and what was being written turns out to be there.
BOOST_AUTO_TEST_CASE(a_hanging_disk_holds_up_nobody_and_loses_nothing) {
    daemon.set_hang_after(Millis{50});
    daemon.start();
    auto client = daemon.connect();
    auto first = client.call<job::Submit>(held("first"));
    BOOST_TEST_REQUIRE(first.has_value());
    auto follower = daemon.connect();

    vfs.strike(1, Fault::hang, Lasts::once, Call::sync);
    auto given_up = client.call<job::Submit>(held("second"));
    BOOST_TEST_REQUIRE(!given_up.has_value());
    BOOST_TEST((given_up.error().code == Errc::storage_unavailable));
    BOOST_TEST(!given_up.error().confirmed);
    BOOST_TEST(vfs.has_struck());

    BOOST_TEST(client.call<host::Health>({})->database == "disconnected");
    BOOST_TEST((client.call<job::Cancel>({.ids = {first->id}, .reason = {}}).error().code ==
                Errc::storage_unavailable));
    BOOST_TEST(client.call<job::Status>({.ids = {first->id}})->jobs.size() == 1U);
    // These the store would have to answer.
    BOOST_TEST((client.call<job::List>({}).error().code == Errc::storage_unavailable));
    BOOST_TEST((client.call<job::Wait>({.ids = {4711}}).error().code == Errc::storage_unavailable));

    // Whoever follows the events is not refused, and misses nothing.
    std::vector<std::uint64_t> seqs;
    auto following = std::async(std::launch::async, [&] {
        return follower.follow<job::Events>({.since = 0}, [&](const job::Event& event) {
            if (event.job) seqs.push_back(event.seq);
            return seqs.size() < 3;
        });
    });
    vfs.heal();
    // The same key is the same job, whether or not its commit was reported.
    auto second = submit_until_taken(client, "second");
    BOOST_TEST(second.id == first->id + 1);
    BOOST_TEST(submit_until_taken(client, "third").id == first->id + 2);
    BOOST_TEST(following.get().has_value());
    BOOST_TEST(seqs == (std::vector<std::uint64_t>{1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST(daemon.stop() == 0);
}

// A daemon that cannot look for its jobs does not end for it: it stays as it is, and looks again.
BOOST_AUTO_TEST_CASE(jobs_that_cannot_be_looked_for_are_looked_for_again) {
    daemon.start();
    auto client = daemon.connect();
    auto running = client.call<job::Submit>(gated());
    BOOST_TEST_REQUIRE(running.has_value());
    auto follower = daemon.connect();
    wait_until_running(follower, running->id);

    auto jobs = daemon.directory() + "/run/jobs";
    std::filesystem::rename(jobs, jobs + ".away");
    std::ofstream{jobs} << "in the way";
    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    BOOST_TEST(!client.call<job::Submit>(held("unlucky")).has_value());
    vfs.heal();
    auto why_down = [&] {
        auto health = client.call<host::Health>({});
        BOOST_TEST_REQUIRE(health.has_value());
        return health->parts.at(0).detail;
    };
    while (why_down().find(jobs) == std::string::npos) {
    }

    std::filesystem::remove(jobs);
    std::filesystem::rename(jobs + ".away", jobs);
    auto waiting = client.send<job::Wait>({.ids = {running->id}});
    BOOST_TEST_REQUIRE(waiting.has_value());
    open_gate();
    auto ended = client.receive<job::Wait>(*waiting);
    BOOST_TEST_REQUIRE(ended.has_value());
    BOOST_TEST(ended->jobs.at(0).exit_code.value() == 5);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(no_single_failure_of_the_disk_loses_or_doubles_an_answered_submit) {
    daemon.start();
    std::set<std::string> answered;
    std::set<job::Id> ids;
    for (std::uint64_t n = 1; n <= 40; ++n) {
        auto fault = n % 2 == 0 ? Fault::fail : Fault::tear;
        auto client = daemon.connect();
        // The store is back from the fault before.
        submit_until_taken(client, std::to_string(n) + ".before");
        vfs.strike(n % 20 + 1, fault, Lasts::once);
        for (int i = 0; i < 3; ++i) {
            auto key = std::to_string(n) + "." + std::to_string(i);
            auto submitted = client.call<job::Submit>(held(key));
            // Nothing is refused but for a fault.
            BOOST_TEST((submitted.has_value() || vfs.has_struck()));
            if (!submitted) continue;
            BOOST_TEST(ids.insert(submitted->id).second);
            answered.insert(key);
        }
        vfs.heal();
        if (n % 8 == 0) {
            BOOST_TEST(daemon.stop() == 0);
            daemon.start();
        }
    }
    check_record(answered);
    BOOST_TEST(answered.size() >= 60U);
}

// Many at once, so that some are decided while the batch before theirs fails.
BOOST_AUTO_TEST_CASE(no_failure_of_the_disk_confirms_a_submit_that_was_not_written) {
    daemon.start();
    std::vector<client::Client> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(daemon.connect());
    std::set<std::string> answered;
    std::set<job::Id> ids;
    for (std::uint64_t n = 1; n <= 40; ++n) {
        auto name = std::to_string(n) + ".";
        vfs.strike(n % 20 + 1, n % 2 == 0 ? Fault::full : Fault::tear, Lasts::once);
        std::vector<std::uint64_t> sent;
        for (std::size_t i = 0; i < 24; ++i) {
            auto one =
                clients[i % clients.size()].send<job::Submit>(held(name + std::to_string(i)));
            BOOST_TEST_REQUIRE(one.has_value());
            sent.push_back(*one);
        }
        for (std::size_t i = 0; i < sent.size(); ++i) {
            auto submitted = clients[i % clients.size()].receive<job::Submit>(sent[i]);
            if (!submitted) continue;
            BOOST_TEST(ids.insert(submitted->id).second);
            answered.insert(name + std::to_string(i));
        }
        vfs.heal();
    }
    clients.clear();
    check_record(answered);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
