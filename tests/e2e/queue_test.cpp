// Queues in shared memory, between real processes and through a real daemon.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/client/shared_queue.h"
#include "tests/e2e/stage.h"
#include "tests/harness/child.h"

namespace ccd::e2e {
namespace {

using namespace std::chrono_literals;
using client::SharedQueue;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text});
}

std::string text_of(const client::MessageView& message) {
    return {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
}

struct Queues : Stage {
    queue::CreateRequest shape(std::string name = "frames") const {
        return {.name = std::move(name), .capacity = 4, .message_size = Bytes{100}};
    }
    void create(queue::CreateRequest request) {
        BOOST_TEST_REQUIRE(call<queue::Create>(request).created);
    }
    queue::View stat(const std::string& name = "frames") {
        return call<queue::Stat>({.name = name});
    }
    SharedQueue open(client::Client& client, queue::Use use = queue::Use::both,
                     const std::string& name = "frames") {
        note_called(queue::Attach::info.name);
        auto opened = SharedQueue::open(client, name, use);
        BOOST_TEST_REQUIRE(opened.has_value(), (opened ? "" : opened.error().message));
        return *std::move(opened);
    }
    // Asks until it is so; whoever waits for ever is ended by the suite's time-out.
    void until(const std::function<bool(const queue::View&)>& is_so) {
        while (!is_so(stat())) continue;
    }

    static UniqueFd pidfd_of(pid_t process) {
        return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
    }

    // A process that does this with the queue, says so, and is killed.
    void killed_after(queue::Use use, const std::function<bool(SharedQueue&)>& act) {
        int ends[2];
        BOOST_TEST_REQUIRE(::pipe(ends) == 0);
        auto child = harness::Child::fork([&] {
            auto client = connect();
            auto opened = SharedQueue::open(client, "frames", use);
            const char done = opened && act(*opened) ? 'y' : 'n';
            if (::write(ends[1], &done, 1) != 1) return 1;
            for (;;) ::pause();
        });
        BOOST_TEST_REQUIRE(child.has_value());
        char done = 0;
        BOOST_TEST(::read(ends[0], &done, 1) == 1);
        BOOST_TEST(done == 'y');
        child->kill();
        ::close(ends[0]);
        ::close(ends[1]);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queues, Queues, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(messages_go_from_one_process_to_another_by_the_shell) {
    BOOST_TEST(
        ctl({"queue", "create", "frames", "--capacity", "10", "--message-size", "100"}).code == 0);
    BOOST_TEST(ctl({"queue", "put", "frames", "first", "second"}).code == 0);
    auto listed = ctl({"queue", "list"});
    BOOST_TEST(listed.out.find("frames") != std::string::npos);
    auto got = ctl({"queue", "get", "frames", "--count", "2", "--lines"});
    BOOST_TEST(got.out == "first\nsecond\n");
    auto none = ctl({"queue", "get", "frames", "--timeout", "1ms"});
    BOOST_TEST(none.code == 8);
    BOOST_TEST(none.out.empty());
    auto view = nlohmann::json::parse(ctl({"--json", "queue", "stat", "frames"}).out);
    BOOST_TEST(view.at("put") == 2);
    BOOST_TEST(view.at("got") == 2);
    BOOST_TEST(view.at("depth") == 0);
    BOOST_TEST(view.at("attached").empty());
    BOOST_TEST(ctl({"queue", "destroy", "frames"}).code == 0);
    BOOST_TEST(ctl({"queue", "stat", "frames"}).code == 3);
}

BOOST_AUTO_TEST_CASE(a_message_that_is_too_long_is_refused_and_none_is_put) {
    create(shape());
    auto refused = ctl({"queue", "put", "frames", std::string(101, 'x')});
    BOOST_TEST(refused.code == 2);
    BOOST_TEST(refused.err.find("100") != std::string::npos, refused.err);
    BOOST_TEST(stat().put == 0U);
}

BOOST_AUTO_TEST_CASE(it_says_who_uses_it) {
    create(shape());
    auto client = connect();
    auto queue = open(client);
    BOOST_TEST_REQUIRE(stat().attached.size() == 1U);
    BOOST_TEST(stat().attached[0].pid == ::getpid());
    queue.close(client);
    note_called(queue::Detach::info.name);
    BOOST_TEST(stat().attached.empty());
}

BOOST_AUTO_TEST_CASE(what_a_killed_consumer_had_is_lost_and_counted) {
    create(shape());
    auto client = connect();
    auto queue = open(client, queue::Use::put);
    BOOST_TEST(queue.put(bytes_of("one"), 0s).has_value());
    killed_after(queue::Use::get, [](SharedQueue& its) { return its.peek(10s).has_value(); });
    until([](const queue::View& view) { return view.lost == 1 && view.attached.size() == 1; });
    BOOST_TEST(stat().got == 0U);
    // Its place is there for others: all of them can be filled.
    for (int i = 0; i < 4; ++i) BOOST_TEST(queue.put(bytes_of("next"), 0s).has_value());
    queue.close(client);
}

BOOST_AUTO_TEST_CASE(what_a_killed_consumer_had_is_delivered_again_if_so_wished) {
    auto request = shape();
    request.on_consumer_death = queue::OnConsumerDeath::redeliver;
    create(request);
    auto client = connect();
    auto queue = open(client);
    BOOST_TEST(queue.put(bytes_of("one"), 0s).has_value());
    killed_after(queue::Use::get, [](SharedQueue& its) { return its.peek(10s).has_value(); });
    auto again = queue.peek(60s);
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(text_of(*again) == "one");
    BOOST_TEST(again->deliveries == 1U);
    BOOST_TEST(queue.acknowledge(*again).has_value());
    BOOST_TEST(stat().redelivered == 1U);
    queue.close(client);
}

BOOST_AUTO_TEST_CASE(what_a_killed_producer_had_reserved_is_given_back) {
    create(shape());
    for (int i = 0; i < 20; ++i)
        killed_after(queue::Use::put,
                     [](SharedQueue& its) { return its.reserve(10, 10s).has_value(); });
    until([](const queue::View& view) { return view.attached.empty(); });
    auto client = connect();
    auto queue = open(client, queue::Use::put);
    for (int i = 0; i < 4; ++i) BOOST_TEST(queue.put(bytes_of("x"), 10s).has_value());
    BOOST_TEST(stat().put == 4U);
    queue.close(client);
}

BOOST_AUTO_TEST_CASE(a_reservation_that_is_over_touches_no_later_one) {
    create(shape());
    auto client = connect();
    auto queue = open(client, queue::Use::put);
    const auto first = queue.reserve(3, 0s).value();
    BOOST_TEST(queue.abandon(first).has_value());
    bool was_given_again = false;
    for (int i = 0; i < 100; ++i) {
        const auto later = queue.reserve(3, 0s).value();
        was_given_again |= later.room.data() == first.room.data();
        BOOST_TEST((queue.abandon(first).error().code == Errc::bad_request));
        BOOST_TEST((queue.commit(first, 3).error().code == Errc::bad_request));
        BOOST_TEST(queue.abandon(later).has_value());
    }
    BOOST_TEST(was_given_again);
    BOOST_TEST(stat().put == 0U);
    queue.close(client);
}

BOOST_AUTO_TEST_CASE(who_uses_a_destroyed_one_gets_the_rest_and_is_told) {
    create(shape());
    auto client = connect();
    auto queue = open(client);
    BOOST_TEST(queue.put(bytes_of("last"), 0s).has_value());
    BOOST_TEST(call<queue::Destroy>({.name = "frames"}).attached == 1U);
    BOOST_TEST((queue.put(bytes_of("late"), 0s).error().code == Errc::not_found));
    auto last = queue.peek(0s);
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(text_of(*last) == "last");
    BOOST_TEST(queue.acknowledge(*last).has_value());
    BOOST_TEST((queue.peek(10s).error().code == Errc::not_found));
    BOOST_TEST((refuse<queue::Stat>({.name = "frames"}).code == Errc::not_found));
}

BOOST_AUTO_TEST_CASE(who_waits_in_a_queue_is_woken_when_it_is_destroyed) {
    create(shape());
    auto child = harness::Child::fork([&] {
        auto client = connect();
        auto opened = SharedQueue::open(client, "frames", queue::Use::get);
        const auto got = opened ? opened->peek({}) : tl::unexpected{opened.error()};
        return !got && got.error().code == Errc::not_found ? 0 : 1;
    });
    BOOST_TEST_REQUIRE(child.has_value());
    until([](const queue::View& view) { return view.attached.size() == 1; });
    call<queue::Destroy>({.name = "frames"});
    BOOST_TEST(child->wait(Millis{60'000}).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(nobody_attaches_as_another_process) {
    create(shape());
    auto client = connect();
    auto refused = client.call<queue::Attach>({.name = "frames"});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::bad_request));
    auto other = harness::Child::fork([] { return ::pause(); });
    BOOST_TEST_REQUIRE(other.has_value());
    const UniqueFd his = pidfd_of(other->pid());
    const UniqueFd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const auto is_denied = [&](const UniqueFd& passed) {
        auto reply = client.call<queue::Attach>({.name = "frames"}, passed);
        return !reply && reply.error().code == Errc::denied;
    };
    BOOST_TEST(is_denied(his));
    BOOST_TEST(is_denied(nothing));
    other->kill();
    BOOST_TEST(is_denied(his));
    BOOST_TEST(stat().attached.empty());
    BOOST_TEST(client.call<queue::Attach>({.name = "frames"}, pidfd_of(::getpid())).has_value());
}

// Whose sockets are full, and would have him wait who writes to them.
BOOST_AUTO_TEST_CASE(whatever_is_done_to_what_wakes_pollers_the_daemon_waits_for_nothing) {
    create(shape());
    auto client = connect();
    auto queue = open(client);
    auto hostile = connect();
    BOOST_TEST_REQUIRE(
        hostile.call<queue::Attach>({.name = "frames"}, pidfd_of(::getpid())).has_value());
    const auto descriptors = hostile.take_descriptors();
    BOOST_TEST_REQUIRE(descriptors.size() == 4U);
    for (const std::size_t end : {std::size_t{2}, std::size_t{3}}) {
        const std::string bytes(4'096, 'x');
        while (::send(descriptors[end].get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0)
            continue;
        BOOST_TEST(::fcntl(descriptors[end].get(), F_SETFL, 0) == 0);
    }
    killed_after(queue::Use::put,
                 [](SharedQueue& mine) { return mine.put(bytes_of("one"), 0s).has_value(); });
    until([](const queue::View& view) { return view.attached.size() == 2; });
    BOOST_TEST(queue.arm_message().has_value());
    BOOST_TEST(text_of(queue.peek(0s).value()) == "one");
    BOOST_TEST(call<queue::Destroy>({.name = "frames"}).attached == 2U);
    BOOST_TEST(ctl({"ping"}).code == 0);
}

BOOST_AUTO_TEST_CASE(what_is_in_a_queue_outlives_the_daemon_however_it_ends) {
    create(shape());
    auto client = connect();
    auto queue = open(client);
    BOOST_TEST(queue.put(bytes_of("one"), 0s).has_value());
    kill();
    // Whoever uses it goes on meanwhile.
    BOOST_TEST(queue.put(bytes_of("two"), 0s).has_value());
    BOOST_TEST_REQUIRE(daemon().restart().has_value());
    BOOST_TEST(!call<queue::Create>(shape()).created);
    BOOST_TEST(ctl({"queue", "get", "frames"}).out == "one");
    restart();
    BOOST_TEST(stat().depth == 1U);
    BOOST_TEST(ctl({"queue", "get", "frames"}).out == "two");
    until([](const queue::View& view) { return view.attached.size() == 1; });
    BOOST_TEST(stat().attached[0].pid == ::getpid());
    auto again = connect();
    queue.close(again);
    BOOST_TEST(stat().attached.empty());
}

BOOST_AUTO_TEST_CASE(who_dies_while_the_daemon_is_away_is_mended_for_when_it_is_back) {
    create(shape());
    BOOST_TEST(ctl({"queue", "put", "frames", "one"}).code == 0);
    int ends[2];
    BOOST_TEST_REQUIRE(::pipe(ends) == 0);
    auto child = harness::Child::fork([&] {
        auto client = connect();
        auto opened = SharedQueue::open(client, "frames", queue::Use::get);
        if (!opened || !opened->peek(10s) || ::write(ends[1], "y", 1) != 1) return 1;
        for (;;) ::pause();
    });
    BOOST_TEST_REQUIRE(child.has_value());
    char done = 0;
    BOOST_TEST(::read(ends[0], &done, 1) == 1);
    ::close(ends[0]);
    ::close(ends[1]);
    kill();
    child->kill();
    BOOST_TEST_REQUIRE(daemon().restart().has_value());
    until([](const queue::View& view) { return view.lost == 1 && view.attached.empty(); });
}

BOOST_AUTO_TEST_CASE(a_queue_that_is_destroyed_is_not_there_after_a_restart) {
    create(shape());
    auto client = connect();
    auto queue = open(client);
    call<queue::Destroy>({.name = "frames"});
    kill();
    BOOST_TEST_REQUIRE(daemon().restart().has_value());
    BOOST_TEST((queue.put(bytes_of("late"), 0s).error().code == Errc::not_found));
    create(shape());
    BOOST_TEST(stat().depth == 0U);
    BOOST_TEST(stat().attached.empty());
}

BOOST_AUTO_TEST_CASE(all_queues_are_listed_however_many_there_are) {
    for (int i = 0; i < 258; ++i)
        create({.name = std::to_string(i), .capacity = 1, .message_size = Bytes{1}});
    BOOST_TEST(call<queue::List>({}).queues.size() == queue::page_limit);
    BOOST_TEST((refuse<queue::List>({.limit = 257}).code == Errc::bad_request));
    auto listed = nlohmann::json::parse(ctl({"--json", "queue", "list"}).out);
    BOOST_TEST(listed.size() == 1U);
    BOOST_TEST_REQUIRE(listed.at("queues").size() == 258U);
    BOOST_TEST(listed.at("queues").front().at("name") == "0");
    BOOST_TEST(listed.at("queues").back().at("name") == "99");
    listed = nlohmann::json::parse(ctl({"--json", "queue", "list", "--limit", "257"}).out);
    BOOST_TEST(listed.at("queues").size() == 257U);
    listed = nlohmann::json::parse(ctl({"--json", "queue", "list", "--after", "98"}).out);
    BOOST_TEST(listed.at("queues").size() == 1U);
    BOOST_TEST(ctl({"queue", "list", "--limit", "0"}).code == 2);
}

BOOST_AUTO_TEST_CASE(stats_count_the_queues_and_their_messages) {
    create(shape());
    create(shape("unused"));
    auto client = connect();
    auto queue = open(client);
    for (int i = 0; i < 3; ++i) BOOST_TEST(queue.put(bytes_of("one"), 0s).has_value());
    BOOST_TEST(ctl({"queue", "get", "frames"}).out == "one");
    auto stats = nlohmann::json::parse(ctl({"--json", "stats"}).out).at("queues");
    BOOST_TEST(stats.at("count") == 2);
    BOOST_TEST(stats.at("attached") == 1);
    BOOST_TEST(stats.at("put") == 3);
    BOOST_TEST(stats.at("got") == 1);
    BOOST_TEST(stats.at("depth") == 2);
    BOOST_TEST(stats.at("dropped") == 0);
    BOOST_TEST(stats.at("lost") == 0);
    BOOST_TEST(stats.at("redelivered") == 0);
    BOOST_TEST(stats.at("memory_bytes") == 2 * stat().memory.count);
    // What is destroyed takes memory as long as somebody uses it.
    call<queue::Destroy>({.name = "frames"});
    call<queue::Destroy>({.name = "unused"});
    stats = nlohmann::json::parse(ctl({"--json", "stats"}).out).at("queues");
    BOOST_TEST(stats.at("count") == 0);
    BOOST_TEST(stats.at("memory_bytes") > 0);
    queue.close(client);
    BOOST_TEST(call<host::Stats>().queues.memory.count == 0U);
}

BOOST_AUTO_TEST_CASE(more_memory_than_is_allowed_is_refused) {
    auto request = shape();
    request.capacity = 1'000'000;
    request.message_size = Bytes{65'536};
    auto refused = refuse<queue::Create>(request);
    BOOST_TEST((refused.code == Errc::over_limit));
    BOOST_TEST(refused.message.find("queues.max_memory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_shell_shows_what_it_got_and_leaves_what_it_cannot_show) {
    create(shape());
    BOOST_TEST(ctl({"queue", "put", "frames", "one"}).code == 0);
    for (const char* form : {"--lines", "--json"}) {
        auto full = line({"queue", "get", "frames", form});
        full.before = {"/bin/sh", "-c", R"(exec "$@" >/dev/full)", "sh"};
        BOOST_TEST(run_ctl(full).code == 10, form);
        BOOST_TEST(stat().depth == 1U, form);
    }
    BOOST_TEST(ctl({"queue", "put", "frames", "two"}).code == 0);
    Ctl waiting{line({"--json", "queue", "get", "frames", "--count", "3"})};
    waiting.hear("two");
    call<queue::Destroy>({.name = "frames"});
    const auto got = waiting.end();
    BOOST_TEST(got.code == 3);
    BOOST_TEST(got.out == "{\"messages\":[\"one\",\"two\"]}\n");
    BOOST_TEST(got.err.find("not-found") != std::string::npos, got.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
