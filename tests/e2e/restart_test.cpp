// The daemon stops and comes back, as at an upgrade.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/e2e/stage.h"
#include "tests/harness/connection.h"

namespace ccd::e2e {

BOOST_FIXTURE_TEST_SUITE(restarting, Stage, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(a_job_goes_on_while_the_daemon_is_away) {
    Pipe gate{path("gate")};
    auto running = start(shell("echo before; read go < gate; echo after; exit 5"));
    auto stopped = daemon().stop();
    BOOST_TEST_REQUIRE(stopped.has_value(), (stopped ? "" : stopped.error().message));
    BOOST_TEST(ctl({"ping"}).code == 9);
    gate.let_go();
    restart();
    auto job = wait(running);
    BOOST_TEST((job.state == job::State::failed));
    BOOST_TEST(job.exit_code.value_or(0) == 5);
    BOOST_TEST(job.attempt == 1U);
    BOOST_TEST(log(running) == "before\nafter\n");
}

BOOST_AUTO_TEST_CASE(a_job_that_runs_on_is_taken_up_again_and_can_be_cancelled) {
    auto job = start(endless());
    auto started_at = status(job).started_at;
    restart();
    BOOST_TEST((status(job).state == job::State::running));
    BOOST_TEST((status(job).started_at == started_at));
    cancel(job);
    BOOST_TEST((wait(job).state == job::State::cancelled));
}

BOOST_AUTO_TEST_CASE(a_time_limit_counts_over_a_restart) {
    auto request = endless();
    request.time_limit = Millis{1'500};
    auto job = start(request);
    restart();
    BOOST_TEST((wait(job).state == job::State::timed_out));
}

BOOST_AUTO_TEST_CASE(every_request_that_was_taken_is_answered_before_the_daemon_ends) {
    for (std::uint64_t round = 0; round < 5; ++round) {
        auto before = call<job::List>().total;
        auto client = connect();
        auto request = program({"/bin/true"});
        request.hold = true;
        std::vector<std::uint64_t> sent;
        for (int i = 0; i < 300; ++i) {
            auto msgid = client.send<job::Submit>(request);
            BOOST_TEST_REQUIRE(msgid.has_value());
            sent.push_back(*msgid);
        }
        std::uint64_t answered = 0;
        auto take = [&](std::size_t up_to) {
            while (answered < up_to && client.receive<job::Submit>(sent[answered])) ++answered;
        };
        take(round * 20);
        auto stopped = daemon().stop();
        BOOST_TEST(stopped.has_value(), (stopped ? "" : stopped.error().message));
        take(sent.size());
        restart();
        BOOST_TEST(call<job::List>().total == before + answered);
    }
}

BOOST_AUTO_TEST_CASE(what_the_store_was_asked_for_is_answered_too) {
    run(program({"/bin/true"}));
    job::ListRequest short_page{};
    short_page.limit = 1;
    for (int round = 0; round < 5; ++round) {
        // A ping is answered at once, so who is answered had all before it taken.
        auto client = connect();
        std::vector<std::pair<std::uint64_t, std::uint64_t>> sent;
        for (int i = 0; i < 100; ++i) {
            auto list = client.send<job::List>(short_page);
            auto ping = client.send<host::Ping>({});
            BOOST_TEST_REQUIRE((list && ping));
            sent.emplace_back(*list, *ping);
        }
        BOOST_TEST(client.receive<host::Ping>(sent.front().second).has_value());
        auto stopped = daemon().stop();
        BOOST_TEST(stopped.has_value(), (stopped ? "" : stopped.error().message));
        int pings = 0, lists = 0;
        for (auto [list, ping] : sent) {
            lists += client.receive<job::List>(list) ? 1 : 0;
            auto is_known = ping == sent.front().second;
            pings += is_known || client.receive<host::Ping>(ping) ? 1 : 0;
        }
        BOOST_TEST(lists >= pings);
        restart();
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_does_not_keep_the_daemon_from_ending) {
    auto request = program({"/bin/true", std::string(100'000, 'x')});
    auto job = run(request).id;
    auto rude = connect();
    for (int i = 0; i < 40; ++i)
        BOOST_TEST_REQUIRE(rude.send<job::Status>({.ids = {job}}).has_value());
    call<host::Ping>();
    auto stopped = daemon().stop();
    BOOST_TEST(stopped.has_value(), (stopped ? "" : stopped.error().message));
}

BOOST_AUTO_TEST_CASE(who_asks_twice_for_the_end_does_not_break_it) {
    for (int times = 0; times < 10; ++times) {
        submit(program({"/bin/true"}));
        send_signal(SIGTERM);
        while (harness::connect_to(daemon().socket())) {
        }
        auto stopped = daemon().stop();
        BOOST_TEST(stopped.has_value(), (stopped ? "" : stopped.error().message));
        restart();
    }
}

BOOST_AUTO_TEST_CASE(a_daemon_under_load_stops_all_the_same) {
    std::vector<job::Id> jobs;
    std::vector<std::uint64_t> sent;
    auto client = connect();
    for (int i = 0; i < 1'000; ++i)
        sent.push_back(*client.send<job::Submit>(program({"/bin/true"})));
    for (auto msgid : sent) jobs.push_back(client.receive<job::Submit>(msgid)->id);
    for (int times = 0; times < 3; ++times) {
        auto stopped = daemon().stop();
        BOOST_TEST_REQUIRE(stopped.has_value(), (stopped ? "" : stopped.error().message));
        restart();
    }
    for (const auto& job : call<job::Wait>({.ids = jobs}).jobs) {
        BOOST_TEST((job.state == job::State::succeeded));
        BOOST_TEST(job.attempt >= 1U);
    }
}

BOOST_AUTO_TEST_CASE(a_job_that_ends_while_the_daemon_is_away_has_the_time_of_its_end) {
    Pipe gate{path("gate")};
    Pipe shim{path("shim")};
    auto running = start(shell("echo $PPID > shim; read go < gate"));
    Stranger watched{shim.hear()};
    auto started_at = status(running).started_at;
    auto stopped = daemon().stop();
    BOOST_TEST_REQUIRE(stopped.has_value(), (stopped ? "" : stopped.error().message));
    gate.let_go();
    watched.wait_until_gone();
    auto gone_at = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
    restart();
    auto job = wait(running);
    BOOST_TEST((job.finished_at.value() <= gone_at));
    BOOST_TEST((job.started_at == started_at));
}

// A second ccd with our configuration but for these keys.
struct SecondDaemon : Stage {
    std::string run_with(const std::vector<std::string>& values) {
        auto ccd = harness::find_beside_us("ccd", "CCD_BIN");
        harness::Program program{.argv = {*ccd, "--config", daemon().directory() + "/ccd.toml"},
                                 .environment = {},
                                 .output = path("second.log")};
        for (const auto& value : values) {
            program.argv.push_back("--set");
            program.argv.push_back(value);
        }
        auto ran = harness::run(program);
        BOOST_TEST_REQUIRE(ran.has_value());
        return harness::describe_status(*ran);
    }
    bool said(const std::string& text) const {
        return read_file(path("second.log")).find(text) != std::string::npos;
    }
};

BOOST_FIXTURE_TEST_CASE(a_second_daemon_on_the_same_state_is_refused, SecondDaemon) {
    BOOST_TEST(run_with({}) == "exit code 3");
    BOOST_TEST(said("state directory"));
    call<host::Ping>();
}

BOOST_FIXTURE_TEST_CASE(a_second_daemon_on_the_same_runtime_directory_touches_no_job,
                        SecondDaemon) {
    Pipe gate{path("gate")};
    auto running = start(shell("read go < gate; exit 5"));
    auto other_state = "daemon.state_dir=" + path("state");
    auto other_socket = "daemon.socket=" + path("second.sock");
    BOOST_TEST(run_with({other_state, other_socket}) == "exit code 3");
    BOOST_TEST(said("runtime directory"));
    gate.let_go();
    BOOST_TEST(wait(running).exit_code.value_or(0) == 5);
}

BOOST_FIXTURE_TEST_CASE(a_second_daemon_on_the_same_socket_is_refused, SecondDaemon) {
    auto other_state = "daemon.state_dir=" + path("state");
    auto other_runtime = "daemon.runtime_dir=" + path("run");
    BOOST_TEST(run_with({other_state, other_runtime}) == "exit code 3");
    BOOST_TEST(said("ccd.sock"));
    call<host::Ping>();
}

BOOST_AUTO_TEST_CASE(a_drained_daemon_starts_nothing_until_it_is_resumed) {
    auto running = start(endless());
    auto drained = call<admin::Drain>();
    BOOST_TEST(drained.draining);
    BOOST_TEST(drained.running == 1U);
    auto waiting = submit(program({"/bin/true"}));
    restart();
    BOOST_TEST((status(waiting).state == job::State::queued));
    BOOST_TEST((status(running).state == job::State::running));
    auto why = call<job::Why>({.id = waiting});
    BOOST_TEST_REQUIRE(!why.blockers.empty());
    BOOST_TEST(why.blockers[0].kind == "drained");
    BOOST_TEST(why.blockers[0].message.find("admin resume") != std::string::npos);

    BOOST_TEST(!call<admin::Resume>().draining);
    BOOST_TEST((wait(waiting).state == job::State::succeeded));
}

BOOST_AUTO_TEST_CASE(events_go_on_over_a_restart_without_gap_or_repeat) {
    run(program({"/bin/true"}));
    run(shell("exit 1"));
    auto before = events_since(0);
    BOOST_TEST_REQUIRE(!before.empty());
    restart();
    run(program({"/bin/true"}));
    kill();
    restart();
    run(program({"/bin/true"}));
    auto all = events_since(0);
    BOOST_TEST_REQUIRE(all.size() > before.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        BOOST_TEST(all[i].seq == i + 1);
        BOOST_TEST(!all[i].gap);
        if (i < before.size()) BOOST_TEST((all[i] == before[i]));
    }
    auto rest = events_since(before.back().seq);
    BOOST_TEST_REQUIRE(!rest.empty());
    BOOST_TEST(rest.front().seq == before.back().seq + 1);
}

BOOST_AUTO_TEST_CASE(the_events_of_a_job_tell_its_life) {
    auto job = std::to_string(run(shell("exit 2")).id);
    Ctl events{line({"--json", "events", "--since", "0", "--job", job})};
    events.hear("\"failed\"");
    std::string order;
    for (const auto& event : events_since(0))
        if (event.job == 1 && event.to) order += std::string{to_string(*event.to)} + " ";
    BOOST_TEST(order == "queued starting running failed ");
}

BOOST_AUTO_TEST_CASE(nothing_is_left_outside_the_directories_of_the_daemon) {
    run(program({"/bin/true"}));
    for (const auto& entry : std::filesystem::directory_iterator{daemon().directory()}) {
        auto name = entry.path().filename().string();
        BOOST_TEST((name == "state" || name == "run" || name == "ccd.sock" || name == "ccd.toml" ||
                    name == "ccd.log"),
                   "there is '" << name << "'");
    }
    auto mode = std::filesystem::status(daemon().directory() + "/state").permissions();
    BOOST_TEST((mode == std::filesystem::perms::owner_all));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
