// A message broker with one client and the service manager behind it, who does what the test says.
//
// It vouches for names as the real one does: who sends a signal is told by it, not by the sender.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ccd/unique_fd.h"
#include "daemon/exec/bus.h"
#include "daemon/loop/loop.h"

struct sd_bus;
struct sd_bus_message;

namespace ccd::exec {

class FakeBroker {
public:
    FakeBroker(loop::Loop& loop, std::string path);

    BusAddress address() const { return {.address = "unix:path=" + path_, .has_broker = true}; }

    std::string owner = ":1.1";        // of the manager's name; empty: nobody
    std::vector<std::string> calls;    // members, in order
    std::vector<std::string> matches;  // rules that hold now
    bool is_silent = false;            // answers no more calls of the manager's

    // UnitRemoved, as somebody sends it.
    void signal(const std::string& sender, const std::string& unit);
    void change_owner(const std::string& sender, const std::string& fresh);

private:
    struct DropBus {
        void operator()(sd_bus* bus) const noexcept;
    };

    void accept();
    void process();
    int answer(sd_bus_message* call);
    void send(sd_bus_message* message, const std::string& sender);

    loop::Loop& loop_;
    std::string path_;
    UniqueFd listener_;
    std::unique_ptr<sd_bus, DropBus> bus_;
    std::optional<loop::Poll> on_connection_;
    std::optional<loop::Poll> on_call_;
};

}  // namespace ccd::exec
