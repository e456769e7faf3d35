#include "tests/daemon/exec/fake_broker.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace ccd::exec {
namespace {

constexpr const char* broker = "org.freedesktop.DBus";
constexpr const char* client = ":1.7";

}  // namespace

void FakeBroker::DropBus::operator()(sd_bus* bus) const noexcept {
    sd_bus_close_unref(bus);
}

FakeBroker::FakeBroker(loop::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    BOOST_REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
                  0);
    BOOST_REQUIRE(::listen(listener_.get(), 4) == 0);
    on_connection_.emplace(loop_, listener_.get(), [this] { accept(); });
}

void FakeBroker::accept() {
    UniqueFd socket{accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    on_call_.reset();
    matches.clear();
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    BOOST_REQUIRE(sd_id128_randomize(&id) >= 0);
    BOOST_REQUIRE(sd_bus_new(&bus) >= 0);
    bus_.reset(bus);
    int fd = socket.release();
    BOOST_REQUIRE(sd_bus_set_fd(bus, fd, fd) >= 0);
    BOOST_REQUIRE(sd_bus_set_server(bus, 1, id) >= 0);
    BOOST_REQUIRE(sd_bus_negotiate_fds(bus, 1) >= 0);
    BOOST_REQUIRE(sd_bus_set_sender(bus, broker) >= 0);
    auto on_message = [](sd_bus_message* call, void* self, sd_bus_error*) {
        return static_cast<FakeBroker*>(self)->answer(call);
    };
    BOOST_REQUIRE(sd_bus_add_filter(bus, nullptr, on_message, this) >= 0);
    BOOST_REQUIRE(sd_bus_start(bus) >= 0);
    on_call_.emplace(
        loop_, fd, [this] { process(); }, [this] { process(); });
    process();
}

void FakeBroker::process() {
    while (bus_ && sd_bus_process(bus_.get(), nullptr) > 0) {
    }
    int events = bus_ ? sd_bus_get_events(bus_.get()) : -1;
    if (events < 0) return;
    on_call_->watch((events & POLLOUT) != 0 ? loop::Poll::Watch::both
                                            : loop::Poll::Watch::readable);
}

int FakeBroker::answer(sd_bus_message* call) {
    std::uint8_t type = 0;
    sd_bus_message_get_type(call, &type);
    if (type != SD_BUS_MESSAGE_METHOD_CALL) return 0;
    std::string member = sd_bus_message_get_member(call);
    calls.push_back(member);
    const char* word = "";
    if (member == "Hello") return sd_bus_reply_method_return(call, "s", client) >= 0;
    if (member == "GetNameOwner") {
        if (owner.empty())
            return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_NAME_HAS_NO_OWNER, "nobody") >= 0;
        return sd_bus_reply_method_return(call, "s", owner.c_str()) >= 0;
    }
    if (member == "AddMatch" && sd_bus_message_read(call, "s", &word) > 0)
        matches.emplace_back(word);
    if (member == "RemoveMatch" && sd_bus_message_read(call, "s", &word) > 0)
        std::erase(matches, word);
    if (is_silent && member != "AddMatch" && member != "RemoveMatch") return 1;
    return sd_bus_reply_method_return(call, nullptr) >= 0;
}

void FakeBroker::send(sd_bus_message* message, const std::string& sender) {
    sd_bus_message_set_sender(message, sender.c_str());
    sd_bus_send(bus_.get(), message, nullptr);
    process();
}

void FakeBroker::signal(const std::string& sender, const std::string& unit) {
    sd_bus_message* message = nullptr;
    sd_bus_message_new_signal(bus_.get(), &message, "/org/freedesktop/systemd1",
                              "org.freedesktop.systemd1.Manager", "UnitRemoved");
    OwnMessage own{message};
    sd_bus_message_append(message, "so", unit.c_str(), "/");
    send(message, sender);
}

void FakeBroker::change_owner(const std::string& sender, const std::string& fresh) {
    sd_bus_message* message = nullptr;
    sd_bus_message_new_signal(bus_.get(), &message, "/org/freedesktop/DBus", broker,
                              "NameOwnerChanged");
    OwnMessage own{message};
    sd_bus_message_append(message, "sss", "org.freedesktop.systemd1", owner.c_str(), fresh.c_str());
    owner = fresh;
    send(message, sender);
}

}  // namespace ccd::exec
