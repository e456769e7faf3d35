// Turns with a real store, whose answers are taken in when the test says so.
#include "daemon/turn.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"
#include "tests/daemon/net/far_end.h"
#include "tests/daemon/store/caller.h"
#include "tests/daemon/store/fault_vfs.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/requests.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::daemon {
namespace {

using store::Call;
using store::Fault;
using store::Lasts;

harness::TemporaryDirectory make_directory() {
    auto made = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-turn");
    BOOST_TEST_REQUIRE(made.has_value());
    return std::move(*made);
}

handlers::Host make_host() {
    return {
        .health = [](Now) { return host::HealthReply{}; },
        .stats = [](Now) { return host::StatsReply{}; },
        .user_name = [](std::uint32_t uid) { return std::to_string(uid); },
        .find_user = [](std::string_view) { return std::optional<std::uint32_t>{}; },
        .environment_of = [](std::uint32_t) { return std::optional{std::vector<std::string>{}}; },
        .may_run = [](std::uint32_t) { return Result<void>{}; },
        .may_have = [](std::string_view, std::uint32_t) { return Result<void>{}; },
        .may_join = [](std::string_view) { return Result<void>{}; },
        .default_priority = [](job::Class) { return 5; },
        .groups_of = [](std::uint64_t) { return std::vector<std::uint32_t>{}; },
        .queue_figures = [](store::QueueId) { return shm::Figures{}; }};
}

struct Turns {
    Turns() {
        turn.set_clients(clients);
        load();
    }

    void load() {
        auto snapshot = caller.reopen();
        BOOST_TEST_REQUIRE(snapshot.has_value());
        service.load(std::move(*snapshot), loop.now());
        auto unfinished = caller.ask(store::UnfinishedJobs{});
        BOOST_TEST_REQUIRE(unfinished.has_value());
        service.load_jobs(std::move(unfinished->jobs), loop.now());
        service.loaded(loop.now());
    }

    net::FarEnd join() {
        std::array<int, 2> ends{};
        BOOST_TEST_REQUIRE(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
        clients.add(UniqueFd{ends[0]});
        return net::FarEnd{UniqueFd{ends[1]}};
    }

    // Takes in what was said, without ending the turn.
    template <class Command>
    void say(const net::FarEnd& end, std::uint64_t msgid,
             const typename Command::Request& request) {
        end.say(harness::ccd_request<Command>(msgid, request));
        uv_run(loop.raw(), UV_RUN_NOWAIT);
    }

    // Ends the turn, and takes in what the store says of its batch.
    void settle() {
        turn.end();
        turn.batch_ended(caller.next_batch());
        turn.end();
    }

    static job::SubmitRequest request(bool is_held) {
        job::SubmitRequest submit;
        submit.argv = {"true"};
        submit.cwd = "/";
        submit.hold = is_held;
        return submit;
    }

    template <class Effect>
    std::size_t count() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            done, [](const auto& effect) { return std::holds_alternative<Effect>(effect); }));
    }

    harness::TemporaryDirectory directory = make_directory();
    store::FaultVfs vfs;
    store::Caller caller{{.database = {.path = directory / "ccd.db", .vfs = vfs.name()},
                          .retry_attempts = 0,
                          .clock = store::clock_for_tests}};
    loop::Loop loop;
    service::Service service{{.boot_id = "boot"}, {.max_running = 4, .cores = 2, .memory = 1_GiB}};
    handlers::Host host = make_host();
    std::vector<service::Effect> done;
    std::size_t outages = 0;
    Turn turn{loop,
              service,
              caller.store(),
              host,
              Millis{60'000},
              {.carry_out = [this](service::Effect effect) { done.push_back(std::move(effect)); },
               .on_store_down = [this](const std::string&) { ++outages; }}};
    net::Clients clients{loop,
                         {},
                         [this](net::Session& session, std::string_view body, std::string& out) {
                             return turn.request(session, body, out);
                         },
                         [this](std::uint64_t id) { turn.forget(id); },
                         [this](std::uint64_t id) { service.events.drained(id); }};
};

void check_refused(net::FarEnd& end, std::uint64_t msgid) {
    end.hear();
    auto replies = end.replies();
    BOOST_TEST_REQUIRE(!replies.empty());
    BOOST_TEST(replies.back().msgid == msgid);
    BOOST_TEST_REQUIRE(replies.back().error.has_value());
    BOOST_TEST((replies.back().error->code == Errc::storage_unavailable));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(turn_suite, Turns)

BOOST_AUTO_TEST_CASE(a_reply_leaves_after_the_commit_and_not_before) {
    auto end = join();
    say<job::Submit>(end, 1, request(true));
    turn.end();
    end.hear();
    BOOST_TEST(end.answered().empty());
    turn.batch_ended(caller.next_batch());
    turn.end();
    end.hear();
    BOOST_TEST(end.answered() == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_submit_of_the_turn_in_which_an_earlier_batch_fails_is_refused) {
    auto first = join();
    auto second = join();
    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    say<job::Submit>(first, 1, request(true));
    turn.end();
    auto failed = caller.next_batch();
    BOOST_TEST(!failed.saved.has_value());
    say<job::Submit>(second, 2, request(true));
    turn.batch_ended(failed);
    turn.end();
    check_refused(first, 1);
    check_refused(second, 2);
    BOOST_TEST(outages == 1U);

    vfs.heal();
    load();
    say<job::Submit>(first, 3, request(true));
    settle();
    first.hear();
    BOOST_TEST(!first.replies().back().error.has_value());
    BOOST_TEST(service.jobs.last_id() == 1U);
}

BOOST_AUTO_TEST_CASE(no_signal_goes_out_before_its_reason_is_on_disk) {
    auto end = join();
    say<job::Submit>(end, 1, request(false));
    settle();
    turn.batch_ended(caller.next_batch());  // of the start
    BOOST_TEST(count<service::StartAttempt>() == 1U);
    service.jobs.started(1, 1, loop.now().wall, loop.now());
    settle();

    say<job::Cancel>(end, 2, {.ids = {1}, .reason = {}});
    turn.end();
    // Again, while the first is on its way: it changes nothing that would have to be written.
    say<job::Cancel>(end, 3, {.ids = {1}, .reason = {}});
    turn.end();
    BOOST_TEST(count<service::StopAttempt>() == 0U);
    turn.batch_ended(caller.next_batch());
    BOOST_TEST(count<service::StopAttempt>() == 2U);
}

BOOST_AUTO_TEST_CASE(what_was_asked_in_the_turn_in_which_the_store_comes_back_is_answered) {
    auto end = join();
    say<job::List>(end, 1, {});
    load();
    turn.end();
    auto answered = caller.next();
    auto& answer = std::get<store::Answered>(answered);
    answer.on_answer(std::move(answer.answer));
    turn.end();
    end.hear();
    BOOST_TEST(end.answered() == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_said_of_a_queue_and_nobody_attaches_before_its_commit) {
    auto end = join();
    say<queue::Create>(end, 1, {.name = "frames", .capacity = 1, .message_size = Bytes{1}});
    say<queue::Stat>(end, 2, {.name = "frames"});
    say<queue::List>(end, 3, {});
    say<queue::Attach>(end, 4, {.name = "frames"});
    turn.end();
    end.hear();
    BOOST_TEST(end.answered().empty());
    BOOST_TEST(count<service::AttachQueue>() == 0U);
    turn.batch_ended(caller.next_batch());
    turn.end();
    end.hear();
    BOOST_TEST(end.answered().size() == 3U);
    BOOST_TEST(count<service::AttachQueue>() == 1U);
    // Afterwards neither waits, whatever else is on its way to the disk.
    say<queue::Create>(end, 5, {.name = "next", .capacity = 1, .message_size = Bytes{1}});
    say<queue::Attach>(end, 6, {.name = "frames"});
    turn.end();
    BOOST_TEST(count<service::AttachQueue>() == 2U);
    turn.batch_ended(caller.next_batch());
}

BOOST_AUTO_TEST_CASE(who_attaches_to_a_queue_whose_commit_fails_is_refused) {
    auto end = join();
    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    say<queue::Create>(end, 1, {.name = "frames", .capacity = 1, .message_size = Bytes{1}});
    say<queue::Attach>(end, 2, {.name = "frames"});
    settle();
    end.hear();
    auto replies = end.replies();
    BOOST_TEST_REQUIRE(replies.size() == 2U);
    for (const auto& reply : replies) {
        BOOST_TEST_REQUIRE(reply.error.has_value());
        BOOST_TEST((reply.error->code == Errc::storage_unavailable));
    }
    BOOST_TEST(count<service::AttachQueue>() == 0U);
}

BOOST_AUTO_TEST_CASE(it_is_told_whether_descriptors_are_sent) {
    auto end = join();
    const auto descriptors = [] {
        std::vector<UniqueFd> made;
        made.emplace_back(eventfd(0, EFD_CLOEXEC));
        return made;
    };
    BOOST_TEST(turn.send({.connection = 1, .msgid = 1}, net::reply_frame(1), descriptors()));
    BOOST_TEST(!turn.send({.connection = 2, .msgid = 1}, net::reply_frame(1), descriptors()));
    // So many that it does not take.
    for (std::size_t i = 1; i < net::Session::attached_limit; ++i)
        BOOST_TEST(turn.send({.connection = 1, .msgid = 1}, net::reply_frame(1), descriptors()));
    BOOST_TEST(!turn.send({.connection = 1, .msgid = 2}, net::reply_frame(2), descriptors()));
    turn.end();
    end.hear();
    BOOST_TEST(end.replies().back().error.has_value());
    end.close();
    uv_run(loop.raw(), UV_RUN_NOWAIT);
    turn.end();
    BOOST_TEST(!turn.send({.connection = 1, .msgid = 3}, net::reply_frame(3), descriptors()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::daemon
