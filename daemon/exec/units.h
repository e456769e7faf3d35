// The units of the service manager, by what an executor says and hears of them.
//
// Errors: `not-found` there is no such unit, `conflict` there is one already, `bad-request` the
// manager will never take this, `timeout` it is not known whether it was carried out, `internal`
// anything else, which may pass.
//
// Owner: the SystemdExecutor. Loop thread only; every answer comes from the loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "daemon/exec/bus.h"
#include "daemon/exec/transient_unit.h"
#include "daemon/exec/unit.h"

namespace ccd::exec {

class Units {
public:
    struct Events {
        std::function<void()> on_up;  // from here on nothing is missed, until
        std::function<void(const std::string& why)> on_down;
        // A unit has changed: these properties, to be read into what is known of it.
        std::function<void(const std::string& name, sd_bus_message* properties)> on_change;
        // What was to be done to a unit is done, or will not be: "done", "canceled", "failed", ...
        std::function<void(const std::string& name, const std::string& result)> on_job_removed;
        // It is not loaded any more, or is being loaded anew.
        std::function<void(const std::string& name)> on_removed;
    };
    struct Listed {
        std::string name;
        std::string path;
    };
    template <class Value>
    using OnAnswer = std::function<void(Result<Value>)>;

    Units(loop::Loop& loop, BusAddress address, Events events);

    bool is_up() const { return bus_.is_up(); }
    // While nobody listens, nothing is told of any unit.
    void listen() { bus_.listen(); }
    void stop_listening() { bus_.stop_listening(); }
    std::optional<Time> waiting_since() const { return bus_.waiting_since(); }

    void start(const Launch& launch, const Layout& layout, const std::string& shim,
               OnAnswer<void> on_answer);
    void list(const std::string& pattern, OnAnswer<std::vector<Listed>> on_answer);
    // All that there is to know of a unit, by its path.
    void look(const std::string& path, OnAnswer<UnitState> on_answer);
    // How many processes are in it.
    void count_processes(const std::string& name, OnAnswer<std::size_t> on_answer);
    // "running", "stopping", ...: where the manager itself is.
    void ask_state(OnAnswer<std::string> on_answer);
    void describe(const std::string& name, const std::string& description);
    // Sends a signal to all its processes.
    void kill(const std::string& name, int signal);
    // Ends a unit, or calls its start off. The manager forgets one that has not failed.
    void stop(const std::string& name, OnAnswer<void> on_answer);
    // Lets the manager forget one that has failed.
    void reset(const std::string& name, OnAnswer<void> on_answer);

private:
    void dispatch(sd_bus_message* signal);

    Bus bus_;
    Events events_;
};

}  // namespace ccd::exec
