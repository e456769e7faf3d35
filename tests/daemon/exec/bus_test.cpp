#include "daemon/exec/bus.h"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/daemon/exec/fake_broker.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::exec {
namespace {

struct Line {
    Line()
        : folder(harness::TemporaryDirectory::create("/tmp", "ccd-bus").value()),
          broker(loop, folder / "bus"),
          late(loop, [this] { is_late = true; }) {
        loop.set_before_sleep([this] {
            if (is_done && is_done()) loop.stop();
        });
        bus = std::make_unique<Bus>(
            loop, broker.address(),
            Bus::Events{.on_up = [this] { ++ups; },
                        .on_down = [this](const std::string& why) { downs.push_back(why); },
                        .on_signal =
                            [this](sd_bus_message* signal) {
                                const char* unit = "";
                                sd_bus_message_read(signal, "so", &unit, nullptr);
                                heard.emplace_back(unit);
                            }});
    }
    ~Line() { bus.reset(); }

    void until(std::function<bool()> condition) {
        is_done = std::move(condition);
        late.set(Millis{60'000});
        while (!is_done() && !is_late) loop.run();
        late.cancel();
        is_done = {};
        BOOST_TEST_REQUIRE(!is_late, "it never came to that");
    }
    void listen() {
        until([&] { return ups == 1; });
        bus->listen();
        until([&] { return broker.matches.size() == 4; });
    }

    harness::TemporaryDirectory folder;
    loop::Loop loop;
    FakeBroker broker;
    loop::Timer late;
    bool is_late = false;
    std::function<bool()> is_done;
    std::unique_ptr<Bus> bus;
    int ups = 0;
    std::vector<std::string> downs;
    std::vector<std::string> heard;
};

BOOST_FIXTURE_TEST_SUITE(bus, Line)

BOOST_AUTO_TEST_CASE(while_nobody_listens_only_the_managers_name_is_watched) {
    until([&] { return ups == 1; });
    BOOST_TEST(broker.matches.size() == 1U);
    BOOST_TEST(std::ranges::count(broker.calls, std::string{"Subscribe"}) == 0);
    bus->listen();
    until([&] { return broker.matches.size() == 4; });
    until([&] { return std::ranges::count(broker.calls, std::string{"Subscribe"}) == 1; });
    bus->stop_listening();
    until([&] { return broker.matches.size() == 1; });
    until([&] { return std::ranges::count(broker.calls, std::string{"Unsubscribe"}) == 1; });
}

BOOST_AUTO_TEST_CASE(who_listens_is_heard_anew_after_a_break) {
    listen();
    broker.change_owner("org.freedesktop.DBus", ":1.9");
    until([&] { return ups == 2; });
    BOOST_TEST(downs.size() == 1U);
    until([&] { return broker.matches.size() == 4; });
    broker.signal(":1.9", "of-the-new-one");
    until([&] { return !heard.empty(); });
}

BOOST_AUTO_TEST_CASE(a_signal_of_anybody_else_than_the_manager_is_not_heard) {
    listen();
    broker.signal(":1.66", "forged");
    broker.signal("org.freedesktop.systemd1", "forged-by-name");
    broker.signal(":1.1", "genuine");
    until([&] { return !heard.empty(); });
    BOOST_TEST((heard == std::vector<std::string>{"genuine"}));
}

BOOST_AUTO_TEST_CASE(only_the_broker_says_that_the_manager_has_gone) {
    listen();
    broker.change_owner(":1.66", ":1.1");
    broker.signal(":1.1", "genuine");
    until([&] { return !heard.empty(); });
    BOOST_TEST(downs.empty());
}

BOOST_AUTO_TEST_CASE(a_bus_without_the_manager_is_away_and_says_why) {
    broker.owner = "";
    until([&] { return !downs.empty(); });
    BOOST_TEST(downs.front() == "the service manager is not on the bus: nobody");
    broker.owner = ":1.1";
    until([&] { return ups == 1; });
}

BOOST_AUTO_TEST_CASE(what_cannot_be_put_together_is_refused_with_a_reason) {
    std::vector<std::string> reasons;
    auto note = [&](const BusReply& reply) { reasons.push_back(reply.text); };
    bus->send({}, note);
    until([&] { return reasons.size() == 1; });
    until([&] { return ups == 1; });
    bus->send({}, note);
    until([&] { return reasons.size() == 2; });
    BOOST_TEST(reasons[0] == "it has not been reached yet");
    BOOST_TEST(reasons[1] == "there are no memory or descriptors for the call");
}

BOOST_AUTO_TEST_CASE(what_was_not_answered_when_the_manager_went_is_not_settled) {
    until([&] { return ups == 1; });
    broker.is_silent = true;
    std::optional<bool> is_settled;
    bus->send(bus->make_call("StartTransientUnit"),
              [&](const BusReply& reply) { is_settled = reply.is_settled; });
    until([&] { return std::ranges::count(broker.calls, std::string{"StartTransientUnit"}) == 1; });
    BOOST_TEST(bus->waiting_since().has_value());
    broker.is_silent = false;
    broker.change_owner("org.freedesktop.DBus", ":1.9");
    until([&] { return is_settled.has_value(); });
    BOOST_TEST(!*is_settled);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
