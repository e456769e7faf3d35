// The bus of the service manager, as a guest of our loop: calls that nobody waits for, signals,
// and a connection that is made again whenever it breaks.
//
//   away --pause over--> greeting --subscribed--> up --broken, or the manager went--> away
//
// A call is answered once, whatever happens to the connection, and always from the loop. What is
// answered by an error of the connection may have been carried out all the same.
//
// Signals are the manager's own: on a bus that others share, who sent one is checked against the
// name that the broker vouches for. They are told of all units of the machine, and are asked for
// only while somebody listens.
//
// Owner: the SystemdExecutor. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/loop/loop.h"

struct sd_bus;
struct sd_bus_message;
struct sd_bus_slot;

namespace ccd::exec {

struct DropMessage {
    void operator()(sd_bus_message* message) const noexcept;
};
using OwnMessage = std::unique_ptr<sd_bus_message, DropMessage>;

// Where the manager is reached.
struct BusAddress {
    std::string address;     // as in $DBUS_SYSTEM_BUS_ADDRESS
    bool has_broker = true;  // else the manager itself is on the other end

    // PID 1, by the system bus.
    static BusAddress system();
    // The manager of the user to whom this directory ($XDG_RUNTIME_DIR) belongs.
    static BusAddress user(const std::string& runtime_dir);
};

// How a call was answered.
struct BusReply {
    sd_bus_message* message = nullptr;  // the answer; null after an error
    std::string error;                  // its name, as org.freedesktop.DBus.Error.NoReply
    std::string text;                   // what is wrong, for people
    bool is_settled = true;             // else it is not known whether it was carried out

    bool is_good() const { return message != nullptr; }
};

class Bus {
public:
    using OnReply = std::function<void(const BusReply&)>;
    struct Events {
        std::function<void()> on_up;  // anew after each break
        std::function<void(const std::string& why)> on_down;
        std::function<void(sd_bus_message*)> on_signal;
    };

    Bus(loop::Loop& loop, BusAddress address, Events events);
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();

    bool is_up() const { return state_ == State::up; }

    // From here on signals are wanted; what is called after is told of by them.
    void listen();
    void stop_listening();

    // A call of the manager's, to be filled by the caller; null while it is not up.
    OwnMessage make_call(const char* member) const;
    // Asks for all properties of one of the manager's objects.
    OwnMessage make_get_all(const char* path) const;
    // Asks for one of the manager's own.
    OwnMessage make_get(const char* property) const;
    // Null is answered by an error, soon.
    void send(OwnMessage call, OnReply on_reply);

    // When the call was sent that has waited longest; nothing if none is under way.
    std::optional<Time> waiting_since() const;

private:
    OwnMessage make(const char* path, const char* interface, const char* member) const;

    enum class State : std::uint8_t { away, greeting, up };
    struct Trampolines;  // what libsystemd calls
    struct DropBus {
        void operator()(sd_bus* bus) const noexcept;
    };
    struct DropSlot {
        void operator()(sd_bus_slot* slot) const noexcept;
    };
    using OwnSlot = std::unique_ptr<sd_bus_slot, DropSlot>;
    // A call that is under way.
    struct Flight {
        Bus* bus = nullptr;
        std::uint64_t number = 0;
        Time since{};
        OnReply on_reply;
        OwnSlot slot;
    };
    struct Unsent {
        OwnMessage call;
        OnReply on_reply;
    };
    struct Refused {
        std::string why;
        OnReply on_reply;
    };

    void connect();
    Result<void> open();
    int match(const char* rule, OwnSlot* slot);
    int match_signals();
    void greet();
    void on_owner(const BusReply& reply);
    void on_greeted(const BusReply& reply);
    void subscribe();
    OwnMessage make_anyway(const char* interface, const char* member) const;
    void process();
    void dispatch(sd_bus_message* signal);
    void rearm();
    void broken(const std::string& why);
    void fly(OwnMessage call, OnReply on_reply);
    void launch_waiting();
    void refuse(OnReply on_reply, std::string why);
    void answer_refused();

    loop::Loop& loop_;
    BusAddress address_;
    Events events_;
    State state_ = State::away;
    std::unique_ptr<sd_bus, DropBus> bus_;
    std::vector<OwnSlot> matches_;  // of signals, while they are asked for
    bool is_wanted_ = false;        // that they are
    std::string manager_;           // the manager's unique name; empty where there is no broker
    std::uint64_t last_flight_ = 0;
    std::map<std::uint64_t, Flight> flights_;
    std::deque<Unsent> waiting_;
    std::vector<Refused> refused_;    // never sent, not yet answered
    std::optional<loop::Poll> poll_;  // goes before the connection whose descriptor it watches
    loop::Timer deadline_;            // of calls that are under way
    loop::Timer reconnect_;
    loop::Timer refuse_;
    Millis pause_{};
    std::string trouble_ = "it has not been reached yet";  // why it is away, or is to be
    bool is_down_told_ = false;
    bool is_processing_ = false;
    bool must_reconnect_ = false;  // once what is being processed is done
};

}  // namespace ccd::exec
