// Queues without a store: none is made or destroyed, and all else of them goes on.
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>

#include "ccd/commands.h"
#include "lib/client/shared_queue.h"
#include "tests/daemon/running_daemon.h"
#include "tests/daemon/store/fault_vfs.h"

namespace ccd::daemon {
namespace {

using namespace std::chrono_literals;
using client::SharedQueue;
using store::Call;
using store::Fault;
using store::FaultVfs;
using store::Lasts;

queue::CreateRequest shape(std::string name = "frames") {
    return {.name = std::move(name), .capacity = 4, .message_size = Bytes{100}};
}

struct QueueOutage {
    QueueOutage() { daemon.start(); }

    // From now on; a create that is under way shows it to the daemon.
    void end_store(client::Client& client) {
        vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
        check_refused(client.call<queue::Create>(shape("unlucky")), Was::perhaps);
    }
    // Makes it as soon as that is possible; whether it was not there.
    static bool create_in_the_end(client::Client& client, const std::string& name) {
        for (;;) {
            auto created = client.call<queue::Create>(shape(name));
            if (created) return created->created;
            BOOST_TEST_REQUIRE((created.error().code == Errc::storage_unavailable));
        }
    }
    enum class Was : std::uint8_t { never, perhaps };  // written
    template <class Reply>
    static void check_refused(const Result<Reply>& reply, Was written) {
        BOOST_TEST_REQUIRE(!reply.has_value());
        BOOST_TEST((reply.error().code == Errc::storage_unavailable), reply.error().message);
        BOOST_TEST(reply.error().confirmed == (written == Was::never));
    }
    static bool is_there(client::Client& client, const std::string& name) {
        auto found = client.call<queue::Stat>({.name = name});
        BOOST_TEST((found || found.error().code == Errc::not_found));
        return found.has_value();
    }
    static SharedQueue open(client::Client& client, const std::string& name = "frames") {
        auto opened = SharedQueue::open(client, name, queue::Use::both);
        BOOST_TEST_REQUIRE(opened.has_value(), (opened ? "" : opened.error().message));
        return *std::move(opened);
    }
    static std::uint64_t number_of(client::Client& client, const std::string& name) {
        const UniqueFd me{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
        auto attached = client.call<queue::Attach>({.name = name}, me);
        BOOST_TEST_REQUIRE(attached.has_value());
        client.take_descriptors();
        return attached->queue;
    }
    static bool put(SharedQueue& queue, std::string_view text) {
        return queue.put(std::as_bytes(std::span{text}), 0s).has_value();
    }
    static std::string get(SharedQueue& queue) {
        std::string room(queue.message_size(), '\0');
        auto size = queue.get(std::as_writable_bytes(std::span{room}), 0s);
        return size ? room.substr(0, *size) : "";
    }
    // Each by name, once; and no memory is claimed but theirs.
    static std::set<std::string> names(client::Client& client) {
        std::set<std::string> names;
        std::uint64_t memory = 0;
        auto listed = client.call<queue::List>({});
        BOOST_TEST_REQUIRE(listed.has_value());
        for (const auto& queue : listed->queues) {
            BOOST_TEST(names.insert(queue.name).second, queue.name);
            memory += queue.memory.count;
        }
        BOOST_TEST(client.call<host::Stats>({})->queues.memory.count == memory);
        return names;
    }

    FaultVfs vfs;
    RunningDaemon daemon{vfs.name()};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue_outage, QueueOutage, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(a_queue_that_cannot_be_written_is_refused_and_claims_nothing_afterwards) {
    auto client = daemon.connect();
    BOOST_TEST(create_in_the_end(client, "frames"));
    end_store(client);
    // Of this one nothing was ever sent to the disk.
    auto refused = client.call<queue::Create>(shape("refused"));
    check_refused(refused, Was::never);
    BOOST_TEST(refused.error().retry_after.has_value());
    for (const char* name : {"unlucky", "refused"}) {
        BOOST_TEST(!is_there(client, name));
        auto attached = SharedQueue::open(client, name, queue::Use::both);
        BOOST_TEST_REQUIRE(!attached.has_value());
        BOOST_TEST((attached.error().code == Errc::not_found));
    }
    BOOST_TEST(is_there(client, "frames"));

    vfs.heal();
    BOOST_TEST(create_in_the_end(client, "next"));
    BOOST_TEST((names(client) == std::set<std::string>{"frames", "next"}));
    // The number that was not written is given to nobody; the same request is good again.
    BOOST_TEST(number_of(client, "next") >= number_of(client, "frames") + 2);
    BOOST_TEST(client.call<queue::Create>(shape("unlucky"))->created);
    BOOST_TEST((names(client) == std::set<std::string>{"frames", "next", "unlucky"}));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_queue_that_cannot_be_destroyed_goes_on_with_all_who_use_it) {
    auto client = daemon.connect();
    BOOST_TEST(create_in_the_end(client, "frames"));
    auto queue = open(client);
    BOOST_TEST(put(queue, "one"));
    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    check_refused(client.call<queue::Destroy>({.name = "frames"}), Was::perhaps);
    check_refused(client.call<queue::Destroy>({.name = "frames"}), Was::never);
    BOOST_TEST(put(queue, "two"));

    vfs.heal();
    BOOST_TEST(create_in_the_end(client, "next"));
    auto there = client.call<queue::Stat>({.name = "frames"});
    BOOST_TEST_REQUIRE(there.has_value());
    BOOST_TEST(there->depth == 2U);
    BOOST_TEST(there->attached.size() == 1U);
    auto other = open(client);
    BOOST_TEST(get(other) == "one");
    BOOST_TEST(client.call<queue::Destroy>({.name = "frames"})->attached == 2U);
    BOOST_TEST(!put(queue, "late"));
    BOOST_TEST(get(queue) == "two");
    queue.close(client);
    other.close(client);
    BOOST_TEST((names(client) == std::set<std::string>{"next"}));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(queues_that_are_on_disk_are_attached_to_and_left_meanwhile) {
    auto client = daemon.connect();
    BOOST_TEST(create_in_the_end(client, "frames"));
    BOOST_TEST(create_in_the_end(client, "used"));
    auto before = open(client, "used");
    end_store(client);
    // The memory of this one is only made now.
    auto queue = open(client);
    BOOST_TEST(put(queue, "one"));
    auto other = open(client, "used");
    BOOST_TEST(put(other, "two"));
    BOOST_TEST(get(before) == "two");
    before.close(client);
    BOOST_TEST(client.call<queue::Stat>({.name = "used"})->attached.size() == 1U);
    BOOST_TEST(client.call<queue::Stat>({.name = "frames"})->attached.size() == 1U);
    BOOST_TEST(client.call<host::Health>({})->database == "disconnected");

    vfs.heal();
    BOOST_TEST(create_in_the_end(client, "next"));
    auto later = open(client);
    BOOST_TEST(get(later) == "one");
    BOOST_TEST(client.call<queue::Stat>({.name = "frames"})->attached.size() == 2U);
    BOOST_TEST(put(other, "three"));
    BOOST_TEST(client.call<queue::Stat>({.name = "used"})->depth == 1U);
    BOOST_TEST((names(client) == std::set<std::string>{"frames", "next", "used"}));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(what_was_done_while_the_store_was_out_is_there_after_a_restart) {
    auto client = daemon.connect();
    BOOST_TEST(create_in_the_end(client, "frames"));
    vfs.strike(1, Fault::full, Lasts::for_good, Call::write);
    check_refused(client.call<queue::Destroy>({.name = "frames"}), Was::perhaps);
    vfs.heal();
    BOOST_TEST(create_in_the_end(client, "next"));
    end_store(client);
    auto queue = open(client);
    BOOST_TEST(put(queue, "one"));
    BOOST_TEST(daemon.stop() == 0);

    vfs.heal();
    daemon.start();
    auto again = daemon.connect();
    BOOST_TEST((names(again) == std::set<std::string>{"frames", "next"}));
    BOOST_TEST(again.call<queue::Stat>({.name = "frames"})->attached.size() == 1U);
    BOOST_TEST(put(queue, "two"));
    auto other = open(again);
    BOOST_TEST(get(other) == "one");
    BOOST_TEST(get(other) == "two");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_queue_that_a_hanging_disk_writes_after_all_is_there_and_not_made_twice) {
    {
        auto client = daemon.connect();
        BOOST_TEST(create_in_the_end(client, "frames"));
    }
    BOOST_TEST(daemon.stop() == 0);
    daemon.set_hang_after(Millis{50});
    daemon.start();
    auto client = daemon.connect();
    vfs.strike(1, Fault::hang, Lasts::once, Call::sync);
    check_refused(client.call<queue::Create>(shape("slow")), Was::perhaps);
    BOOST_TEST(!is_there(client, "slow"));
    auto queue = open(client);
    BOOST_TEST(put(queue, "one"));
    vfs.heal();
    BOOST_TEST(!create_in_the_end(client, "slow"));
    auto slow = open(client, "slow");
    BOOST_TEST(put(slow, "two"));
    BOOST_TEST((names(client) == std::set<std::string>{"frames", "slow"}));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(no_single_failure_of_the_disk_loses_a_queue_or_brings_one_back) {
    std::map<std::string, bool> known;  // of those of whom it was answered: whether they are there
    for (std::uint64_t n = 1; n <= 20; ++n) {
        const auto name = std::to_string(n) + ".";
        auto client = daemon.connect();
        // The store is back from the fault before.
        create_in_the_end(client, name + "old");
        vfs.strike(n % 20 + 1, n % 2 == 0 ? Fault::fail : Fault::tear, Lasts::once);
        const auto destroyed = client.call<queue::Destroy>({.name = name + "old"});
        BOOST_TEST((destroyed || vfs.has_struck()));
        if (destroyed) known[name + "old"] = false;
        const auto created = client.call<queue::Create>(shape(name + "new"));
        BOOST_TEST((created || vfs.has_struck()));
        if (created) known[name + "new"] = true;
        vfs.heal();
        if (n % 5 != 0) continue;
        BOOST_TEST(daemon.stop() == 0);
        daemon.start();
        auto again = daemon.connect();
        const auto there = names(again);
        for (const auto& [queue, is_there] : known)
            BOOST_TEST(there.contains(queue) == is_there, queue);
    }
    BOOST_TEST(known.size() >= 10U);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::daemon
