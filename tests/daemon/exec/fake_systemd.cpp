#include "tests/daemon/exec/fake_systemd.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>

#include <boost/test/unit_test.hpp>

namespace ccd::exec {
namespace {

constexpr std::uint64_t second = 1'000'000;
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* unit_prefix = "/org/freedesktop/systemd1/unit";

std::string path_of(const std::string& name) {
    char* path = nullptr;
    sd_bus_path_encode(unit_prefix, name.c_str(), &path);
    std::string text = path;
    free(path);
    return text;
}

std::string read_name(sd_bus_message* call) {
    const char* name = "";
    sd_bus_message_read(call, "s", &name);
    return name;
}

std::string number_of(char type, sd_bus_message* message) {
    std::uint64_t number = 0;
    sd_bus_message_read_basic(message, type, &number);
    return std::to_string(type == 'i' ? static_cast<std::int32_t>(number)
                                      : static_cast<std::int64_t>(number));
}

// All that stands in a value, a blank between its parts.
std::string text_of(sd_bus_message* message) {
    std::string text;
    char type = 0;
    const char* contents = nullptr;
    while (sd_bus_message_peek_type(message, &type, &contents) > 0) {
        if (!text.empty()) text += ' ';
        const char* word = nullptr;
        if (type == 'a' || type == 'r' || type == 'v') {
            sd_bus_message_enter_container(message, type, contents);
            text += text_of(message);
            sd_bus_message_exit_container(message);
        } else if (type == 's') {
            sd_bus_message_read_basic(message, type, &word);
            text += word;
        } else if (type == 't') {
            std::uint64_t number = 0;
            sd_bus_message_read_basic(message, type, &number);
            text += std::to_string(number);
        } else {
            text += number_of(type, message);
        }
    }
    return text;
}

// What follows the name in a StartTransientUnit.
std::map<std::string, std::string> read_given(sd_bus_message* call) {
    std::map<std::string, std::string> given;
    sd_bus_message_read(call, "s", nullptr);
    sd_bus_message_enter_container(call, 'a', "(sv)");
    while (sd_bus_message_enter_container(call, 'r', "sv") > 0) {
        auto name = read_name(call);
        given[name] = text_of(call);
        sd_bus_message_exit_container(call);
    }
    sd_bus_message_exit_container(call);
    return given;
}

}  // namespace

void FakeSystemd::DropBus::operator()(sd_bus* bus) const noexcept {
    sd_bus_close_unref(bus);
}

FakeSystemd::FakeSystemd(loop::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {
    set_deaf(false);
}

FakeSystemd::~FakeSystemd() = default;

BusAddress FakeSystemd::address() const {
    return {.address = "unix:path=" + path_, .has_broker = false};
}

void FakeSystemd::set_deaf(bool is_deaf) {
    on_connection_.reset();
    listener_.reset();
    unlink(path_.c_str());
    if (is_deaf) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    BOOST_REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
                  0);
    BOOST_REQUIRE(::listen(listener_.get(), 4) == 0);
    on_connection_.emplace(loop_, listener_.get(), [this] { accept(); });
}

void FakeSystemd::accept() {
    UniqueFd socket{accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    on_call_.reset();
    is_subscribed = false;
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    BOOST_REQUIRE(sd_id128_randomize(&id) >= 0);
    BOOST_REQUIRE(sd_bus_new(&bus) >= 0);
    bus_.reset(bus);
    int fd = socket.release();
    BOOST_REQUIRE(sd_bus_set_fd(bus, fd, fd) >= 0);
    BOOST_REQUIRE(sd_bus_set_server(bus, 1, id) >= 0);
    BOOST_REQUIRE(sd_bus_negotiate_fds(bus, 1) >= 0);
    BOOST_REQUIRE(sd_bus_set_sender(bus, "org.freedesktop.systemd1") >= 0);
    auto on_message = [](sd_bus_message* call, void* self, sd_bus_error*) {
        return static_cast<FakeSystemd*>(self)->answer(call);
    };
    BOOST_REQUIRE(sd_bus_add_filter(bus, nullptr, on_message, this) >= 0);
    BOOST_REQUIRE(sd_bus_start(bus) >= 0);
    on_call_.emplace(
        loop_, fd, [this] { process(); }, [this] { process(); });
    process();
}

void FakeSystemd::process() {
    while (bus_ && sd_bus_process(bus_.get(), nullptr) > 0) {
    }
    if (std::exchange(is_hanging_up_, false)) hang_up();
    arm();
}

void FakeSystemd::arm() {
    int events = bus_ ? sd_bus_get_events(bus_.get()) : -1;
    if (events < 0) return;
    on_call_->watch((events & POLLOUT) != 0 ? loop::Poll::Watch::both
                                            : loop::Poll::Watch::readable);
}

void FakeSystemd::hang_up() {
    on_call_.reset();
    is_subscribed = false;
    bus_.reset();
}

int FakeSystemd::answer(sd_bus_message* call) {
    std::uint8_t type = 0;
    sd_bus_message_get_type(call, &type);
    if (type != SD_BUS_MESSAGE_METHOD_CALL) return 0;
    std::string member = sd_bus_message_get_member(call);
    if (member == "StartTransientUnit") return start(call);
    if (member == "ListUnitsByPatterns") return list(call);
    if (member == "GetAll") return get_all(call);
    if (member == "Get") return sd_bus_reply_method_return(call, "v", "s", state.c_str()) >= 0;
    if (member == "Ping") return sd_bus_reply_method_return(call, nullptr) >= 0;
    if (member == "Subscribe" || member == "Unsubscribe") {
        is_subscribed = member == "Subscribe";
        return sd_bus_reply_method_return(call, nullptr) >= 0;
    }
    auto name = read_name(call);
    if (member == "GetUnitProcesses") return count_processes(call, name);
    auto told = member + " " + name;
    if (member == "KillUnit") {
        const char* who = nullptr;
        std::int32_t number = 0;
        sd_bus_message_read(call, "si", &who, &number);
        told += " " + std::to_string(number);
        if (number == SIGKILL) units[name].processes = 0;
    }
    if (member == "SetUnitProperties") {
        const char* description = "";
        sd_bus_message_read(call, "ba(sv)", nullptr, 1, nullptr, "s", &description);
        units[name].description = description;
    }
    calls.push_back(told);
    if (member == refused_call) {
        refused_call.clear();
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_LIMITS_EXCEEDED, "busy") >= 0;
    }
    if (member == "StopUnit" || member == "ResetFailedUnit") units.erase(name);
    return sd_bus_reply_method_return(call, nullptr) >= 0;
}

int FakeSystemd::start(sd_bus_message* call) {
    auto name = read_name(call);
    calls.push_back("StartTransientUnit " + name);
    auto how = std::exchange(refusal, {});
    Unit unit{.given = read_given(call)};
    if (unit.given.contains("TimeoutStopUSec"))
        unit.stop_grace = std::stoull(unit.given["TimeoutStopUSec"]);
    if (unit.given.contains("RuntimeMaxUSec"))
        unit.time_limit = std::stoull(unit.given["RuntimeMaxUSec"]);
    if (!how || how->is_carried_out) units[name] = std::move(unit);
    if (!how) return sd_bus_reply_method_return(call, "o", "/org/freedesktop/systemd1/job/1") >= 0;
    is_hanging_up_ = how->is_hang_up;
    if (how->name.empty()) return 1;
    return sd_bus_reply_method_errorf(call, how->name.c_str(), "as the test wants") >= 0;
}

int FakeSystemd::list(sd_bus_message* call) {
    sd_bus_message* reply = nullptr;
    sd_bus_message_new_method_return(call, &reply);
    OwnMessage own{reply};
    sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
    for (const auto& [name, unit] : units)
        sd_bus_message_append(reply, "(ssssssouso)", name.c_str(), "", "loaded",
                              unit.active.c_str(), unit.sub.c_str(), "", path_of(name).c_str(), 0,
                              "", "/");
    sd_bus_message_close_container(reply);
    if (auto then = std::exchange(after_list, {})) then();
    return sd_bus_send(nullptr, reply, nullptr) >= 0;
}

int FakeSystemd::get_all(sd_bus_message* call) {
    char* decoded = nullptr;
    sd_bus_path_decode(sd_bus_message_get_path(call), unit_prefix, &decoded);
    std::string name = decoded == nullptr ? "" : decoded;
    free(decoded);
    auto unit = units.find(name);
    sd_bus_message* reply = nullptr;
    sd_bus_message_new_method_return(call, &reply);
    OwnMessage own{reply};
    put_properties(reply, unit == units.end() ? nullptr : &unit->second);
    return sd_bus_send(nullptr, reply, nullptr) >= 0;
}

int FakeSystemd::count_processes(sd_bus_message* call, const std::string& name) {
    if (!units.contains(name))
        return sd_bus_reply_method_errorf(call, "org.freedesktop.systemd1.NoSuchUnit", "gone") >= 0;
    sd_bus_message* reply = nullptr;
    sd_bus_message_new_method_return(call, &reply);
    OwnMessage own{reply};
    sd_bus_message_open_container(reply, 'a', "(sus)");
    for (std::uint32_t i = 0; i < units[name].processes; ++i)
        sd_bus_message_append(reply, "(sus)", "/", i + 2, "sleep");
    sd_bus_message_close_container(reply);
    if (auto then = std::exchange(after_count, {})) then();
    return sd_bus_send(nullptr, reply, nullptr) >= 0;
}

// Of no unit, too, systemd tells all properties: it makes one up, which it calls not found.
void FakeSystemd::put_properties(sd_bus_message* message, const Unit* found) const {
    const Unit& unit = found == nullptr ? Unit{} : *found;
    auto text = [&](const char* name, const std::string& value) {
        sd_bus_message_append(message, "{sv}", name, "s", value.c_str());
    };
    auto time = [&](const char* name, std::uint64_t value) {
        sd_bus_message_append(message, "{sv}", name, "t", value);
    };
    sd_bus_message_open_container(message, 'a', "{sv}");
    text("LoadState", found == nullptr ? "not-found" : "loaded");
    text("ActiveState", unit.active);
    text("SubState", unit.sub);
    text("Result", unit.result);
    text("Description", unit.description);
    text("StatusText", unit.status);
    // One that is of no use to us.
    sd_bus_message_append(message, "{sv}", "Slice", "s", "ccd-jobs.slice");
    sd_bus_message_append(message, "{sv}", "MainPID", "u", unit.main_pid);
    sd_bus_message_append(message, "{sv}", "ExecMainCode", "i", unit.exit_kind);
    sd_bus_message_append(message, "{sv}", "ExecMainStatus", "i", unit.exit_status);
    time("ActiveEnterTimestamp", unit.active_since);
    time("ExecMainStartTimestamp", unit.began_at);
    time("ExecMainExitTimestamp", unit.ended_at);
    time("ActiveExitTimestamp", unit.left_active_at);
    time("TimeoutStopUSec", unit.stop_grace);
    time("RuntimeMaxUSec", unit.time_limit);
    sd_bus_message_close_container(message);
}

void FakeSystemd::change(const std::string& name) {
    if (!is_subscribed) return;
    sd_bus_message* signal = nullptr;
    sd_bus_message_new_signal(bus_.get(), &signal, path_of(name).c_str(),
                              "org.freedesktop.DBus.Properties", "PropertiesChanged");
    OwnMessage own{signal};
    sd_bus_message_append(signal, "s", "org.freedesktop.systemd1.Service");
    put_properties(signal, &units[name]);
    sd_bus_message_append(signal, "as", 0);
    sd_bus_send(bus_.get(), signal, nullptr);
    arm();
}

void FakeSystemd::begin(const std::string& name) {
    auto& unit = units[name];
    unit.active = "active";
    unit.sub = "running";
    unit.main_pid = 77;
    unit.active_since = unit.began_at = 10 * second;
    change(name);
}

void FakeSystemd::end(const std::string& name, std::int32_t kind, std::int32_t status) {
    auto& unit = units[name];
    auto is_good = status == 0;
    unit.active = is_good ? "active" : "failed";
    unit.sub = is_good ? "exited" : "failed";
    unit.result = is_good ? "success" : kind == CLD_EXITED ? "exit-code" : "signal";
    unit.main_pid = 0;
    if (unit.active_since == 0) unit.active_since = unit.began_at = 10 * second;
    unit.ended_at = 20 * second;
    unit.exit_kind = kind;
    unit.exit_status = status;
    change(name);
}

void FakeSystemd::fail(const std::string& name, std::int32_t status) {
    auto& unit = units[name];
    unit.active = unit.sub = "failed";
    unit.result = "exit-code";
    unit.began_at = 10 * second;
    unit.ended_at = 10 * second + 1;
    unit.exit_kind = CLD_EXITED;
    unit.exit_status = status;
    change(name);
}

void FakeSystemd::remove(const std::string& name) {
    if (!is_subscribed) return;
    sd_bus_emit_signal(bus_.get(), manager_path, manager_interface, "UnitRemoved", "so",
                       name.c_str(), path_of(name).c_str());
    arm();
}

void FakeSystemd::remove_job(const std::string& name, const std::string& result) {
    if (!is_subscribed) return;
    sd_bus_emit_signal(bus_.get(), manager_path, manager_interface, "JobRemoved", "uoss", 1,
                       "/org/freedesktop/systemd1/job/1", name.c_str(), result.c_str());
    arm();
}

}  // namespace ccd::exec
