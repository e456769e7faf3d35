#include "daemon/exec/bus.h"

#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace ccd::exec {
namespace {

constexpr const char* manager_name = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
constexpr const char* broker_name = "org.freedesktop.DBus";

// A broker answers no more than 128 calls of a connection at once; the rest would be refused.
constexpr std::size_t flights_at_once = 64;
constexpr std::chrono::microseconds patience{30'000'000};
constexpr Millis first_pause{100};
constexpr Millis longest_pause{5'000};

constexpr const char* signals[] = {
    "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
    "interface='org.freedesktop.systemd1.Manager',member='JobRemoved'",
    "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
    "interface='org.freedesktop.systemd1.Manager',member='UnitRemoved'",
    "type='signal',sender='org.freedesktop.systemd1',"
    "path_namespace='/org/freedesktop/systemd1/unit',"
    "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
};
constexpr const char* owner_changed =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.systemd1'";

// Of a message that could not be put together.
constexpr const char* no_memory = "there are no memory or descriptors for the call";

std::string text_of(int error) {
    return std::strerror(-error);
}

// The connection, or whoever passes calls on, has failed: the call may have reached the manager.
bool is_of_the_connection(const sd_bus_error& error) {
    static constexpr const char* names[] = {
        SD_BUS_ERROR_NO_REPLY,
        SD_BUS_ERROR_TIMEOUT,
        SD_BUS_ERROR_DISCONNECTED,
    };
    return std::ranges::any_of(
        names, [&](const char* name) { return sd_bus_error_has_name(&error, name) != 0; });
}

BusReply reply_of(sd_bus_message* message) {
    const auto* error = sd_bus_message_get_error(message);
    if (error == nullptr) return {.message = message, .error = {}, .text = {}};
    return {.error = error->name,
            .text = error->message != nullptr ? error->message : error->name,
            .is_settled = !is_of_the_connection(*error)};
}

}  // namespace

void DropMessage::operator()(sd_bus_message* message) const noexcept {
    sd_bus_message_unref(message);
}

// Not flushed: nobody waits for a bus.
void Bus::DropBus::operator()(sd_bus* bus) const noexcept {
    sd_bus_close_unref(bus);
}

void Bus::DropSlot::operator()(sd_bus_slot* slot) const noexcept {
    sd_bus_slot_unref(slot);
}

BusAddress BusAddress::system() {
    return {.address = "unix:path=/run/dbus/system_bus_socket", .has_broker = true};
}

// Many machines have no bus for each user, and all have the manager's own socket.
BusAddress BusAddress::user(const std::string& runtime_dir) {
    auto shared = runtime_dir + "/bus";
    if (access(shared.c_str(), F_OK) == 0)
        return {.address = "unix:path=" + shared, .has_broker = true};
    return {.address = "unix:path=" + runtime_dir + "/systemd/private", .has_broker = false};
}

Bus::Bus(loop::Loop& loop, BusAddress address, Events events)
    : loop_(loop),
      address_(std::move(address)),
      events_(std::move(events)),
      deadline_(loop, [this] { process(); }),
      reconnect_(loop, [this] { connect(); }),
      refuse_(loop, [this] { answer_refused(); }),
      pause_(first_pause) {
    reconnect_.set(Millis{0});
}

Bus::~Bus() {
    flights_.clear();
    waiting_.clear();
}

// noexcept: an exception must not unwind through C frames.
struct Bus::Trampolines {
    static int answered(sd_bus_message* reply, void* landed, sd_bus_error*) noexcept {
        auto* flight = static_cast<Flight*>(landed);
        auto taken = flight->bus->flights_.extract(flight->number);
        taken.mapped().on_reply(reply_of(reply));
        return 0;
    }
    static int signalled(sd_bus_message* signal, void* bus, sd_bus_error*) noexcept {
        static_cast<Bus*>(bus)->dispatch(signal);
        return 0;
    }
    static int ignored(sd_bus_message*, void*, sd_bus_error*) noexcept { return 0; }
};

void Bus::connect() {
    must_reconnect_ = false;
    if (auto opened = open(); !opened) return broken(opened.error().message);
    state_ = State::greeting;
    greet();
    rearm();
}

Result<void> Bus::open() {
    sd_bus* made = nullptr;
    int result = sd_bus_new(&made);
    bus_.reset(made);
    if (result >= 0) result = sd_bus_set_address(made, address_.address.c_str());
    if (result >= 0) result = sd_bus_set_bus_client(made, address_.has_broker ? 1 : 0);
    if (result >= 0) result = sd_bus_negotiate_fds(made, 1);
    if (result >= 0) result = sd_bus_start(made);
    if (result >= 0 && address_.has_broker) result = match(owner_changed, nullptr);
    if (result >= 0) return {};
    return failure(Errc::internal, text_of(result));
}

// Answered in the order they were sent, so when the manager answers, they count.
int Bus::match(const char* rule, OwnSlot* slot) {
    sd_bus_slot* made = nullptr;
    int result = sd_bus_add_match_async(bus_.get(), slot == nullptr ? nullptr : &made, rule,
                                        Trampolines::signalled, Trampolines::ignored, this);
    if (slot != nullptr) slot->reset(made);
    return result;
}

int Bus::match_signals() {
    matches_.clear();
    for (const char* rule : signals)
        if (int result = match(rule, &matches_.emplace_back()); result < 0) return result;
    return 0;
}

// By the broker we ask who the manager is; then, or without one at once, the manager whether it is
// there.
void Bus::greet() {
    if (!address_.has_broker) return on_owner({});
    sd_bus_message* call = nullptr;
    int result = sd_bus_message_new_method_call(
        bus_.get(), &call, broker_name, "/org/freedesktop/DBus", broker_name, "GetNameOwner");
    OwnMessage ask{call};
    if (result >= 0) result = sd_bus_message_append(call, "s", manager_name);
    if (result < 0) return broken(text_of(result));
    fly(std::move(ask), [this](const BusReply& reply) { on_owner(reply); });
}

void Bus::on_owner(const BusReply& reply) {
    if (address_.has_broker) {
        if (!reply.is_good()) return broken("the service manager is not on the bus: " + reply.text);
        const char* owner = "";
        sd_bus_message_read(reply.message, "s", &owner);
        manager_ = owner;
    }
    auto ask = make_anyway("org.freedesktop.DBus.Peer", "Ping");
    if (!ask) return broken(no_memory);
    fly(std::move(ask), [this](const BusReply& answer) { on_greeted(answer); });
}

void Bus::on_greeted(const BusReply& reply) {
    if (!reply.is_good()) return broken("the service manager does not answer: " + reply.text);
    state_ = State::up;
    pause_ = first_pause;
    is_down_told_ = false;
    if (is_wanted_) subscribe();
    if (state_ == State::up && !must_reconnect_) events_.on_up();
}

void Bus::listen() {
    if (std::exchange(is_wanted_, true) || state_ != State::up) return;
    subscribe();
    rearm();
}

void Bus::stop_listening() {
    is_wanted_ = false;
    matches_.clear();
    if (auto ask = make_call("Unsubscribe")) fly(std::move(ask), [](const BusReply&) {});
    rearm();
}

void Bus::subscribe() {
    auto ask = make_anyway(manager_interface, "Subscribe");
    if (!ask || match_signals() < 0) return broken(no_memory);
    fly(std::move(ask), [this](const BusReply& subscribed) {
        auto is_known = subscribed.error == "org.freedesktop.systemd1.AlreadySubscribed";
        if (!subscribed.is_good() && !is_known)
            broken("the service manager tells us nothing: " + subscribed.text);
    });
}

OwnMessage Bus::make_anyway(const char* interface, const char* member) const {
    sd_bus_message* call = nullptr;
    sd_bus_message_new_method_call(bus_.get(), &call, manager_name, manager_path, interface,
                                   member);
    return OwnMessage{call};
}

OwnMessage Bus::make(const char* path, const char* interface, const char* member) const {
    sd_bus_message* call = nullptr;
    if (state_ == State::up)
        sd_bus_message_new_method_call(bus_.get(), &call, manager_name, path, interface, member);
    return OwnMessage{call};
}

OwnMessage Bus::make_call(const char* member) const {
    return make(manager_path, manager_interface, member);
}

OwnMessage Bus::make_get_all(const char* path) const {
    auto call = make(path, properties_interface, "GetAll");
    // Of no interface: of all.
    if (call) sd_bus_message_append(call.get(), "s", "");
    return call;
}

OwnMessage Bus::make_get(const char* property) const {
    auto call = make(manager_path, properties_interface, "Get");
    if (call) sd_bus_message_append(call.get(), "ss", manager_interface, property);
    return call;
}

void Bus::send(OwnMessage call, OnReply on_reply) {
    if (!call) return refuse(std::move(on_reply), is_up() ? no_memory : trouble_);
    waiting_.push_back({std::move(call), std::move(on_reply)});
    launch_waiting();
}

void Bus::launch_waiting() {
    while (state_ == State::up && flights_.size() < flights_at_once && !waiting_.empty()) {
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        fly(std::move(next.call), std::move(next.on_reply));
    }
    rearm();
}

void Bus::refuse(OnReply on_reply, std::string why) {
    refused_.push_back({std::move(why), std::move(on_reply)});
    refuse_.set(Millis{0});
}

void Bus::answer_refused() {
    for (auto& refused : std::exchange(refused_, {}))
        refused.on_reply({.error = SD_BUS_ERROR_DISCONNECTED, .text = std::move(refused.why)});
}

void Bus::fly(OwnMessage call, OnReply on_reply) {
    auto number = ++last_flight_;
    auto& flight = flights_[number];
    flight.bus = this;
    flight.number = number;
    flight.since = loop_.now().time;
    flight.on_reply = std::move(on_reply);
    sd_bus_slot* slot = nullptr;
    // A message of an earlier connection is of no use.
    int result = sd_bus_message_get_bus(call.get()) != bus_.get()
                     ? -ENOTCONN
                     : sd_bus_call_async(bus_.get(), &slot, call.get(), Trampolines::answered,
                                         &flight, static_cast<std::uint64_t>(patience.count()));
    flight.slot.reset(slot);
    if (result >= 0) return;
    auto landed = flights_.extract(number);
    refuse(std::move(landed.mapped().on_reply), text_of(result));
}

void Bus::dispatch(sd_bus_message* signal) {
    const char* sender = sd_bus_message_get_sender(signal);
    if (sd_bus_message_is_signal(signal, broker_name, "NameOwnerChanged") > 0) {
        // The manager was executed anew, or is gone: all that it knew of us is to be said again.
        trouble_ = "the service manager left the bus";
        must_reconnect_ = sender != nullptr && std::strcmp(sender, broker_name) == 0;
        return;
    }
    auto is_genuine = !address_.has_broker || (sender != nullptr && manager_ == sender);
    if (state_ == State::up && is_genuine) events_.on_signal(signal);
}

void Bus::process() {
    int result = 1;
    is_processing_ = true;
    while (result > 0 && bus_ && !must_reconnect_) result = sd_bus_process(bus_.get(), nullptr);
    is_processing_ = false;
    if (!bus_) return;
    if (must_reconnect_) return broken(trouble_);
    if (result < 0) return broken(text_of(result));
    launch_waiting();
}

void Bus::rearm() {
    if (!bus_ || is_processing_) return;
    int fd = sd_bus_get_fd(bus_.get());
    int events = sd_bus_get_events(bus_.get());
    if (fd < 0 || events < 0) return broken("the connection to the bus is gone");
    if (!poll_)
        poll_.emplace(
            loop_, fd, [this] { process(); }, [this] { process(); });
    auto is_writing = (events & POLLOUT) != 0;
    poll_->watch(is_writing ? loop::Poll::Watch::both : loop::Poll::Watch::readable);
    std::uint64_t at = UINT64_MAX;
    sd_bus_get_timeout(bus_.get(), &at);
    if (at == UINT64_MAX) return deadline_.cancel();
    auto now = loop::Loop::read_clocks().time.time_since_epoch();
    auto left = std::chrono::microseconds{static_cast<std::int64_t>(at)} - now;
    deadline_.set(std::max(std::chrono::ceil<Millis>(left), Millis{0}));
}

// Everything under way is answered: nobody else will.
void Bus::broken(const std::string& why) {
    trouble_ = why;
    must_reconnect_ = true;
    if (is_processing_) return;
    must_reconnect_ = false;
    state_ = State::away;
    auto flights = std::exchange(flights_, {});
    for (auto& [number, flight] : flights) flight.slot.reset();
    poll_.reset();
    deadline_.cancel();
    matches_.clear();
    bus_.reset();
    reconnect_.set(pause_);
    pause_ = std::min(2 * pause_, longest_pause);
    for (auto& [number, flight] : flights)
        flight.on_reply({.error = SD_BUS_ERROR_NO_REPLY, .text = why, .is_settled = false});
    for (auto& unsent : std::exchange(waiting_, {})) refuse(std::move(unsent.on_reply), why);
    if (!std::exchange(is_down_told_, true)) events_.on_down(why);
}

std::optional<Time> Bus::waiting_since() const {
    if (flights_.empty()) return std::nullopt;
    return flights_.begin()->second.since;
}

}  // namespace ccd::exec
