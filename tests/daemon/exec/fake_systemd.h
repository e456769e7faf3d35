// A service manager that does what the test says, on a bus of its own, in the test's own loop.
//
// It speaks the manager's part of D-Bus to one executor. Units begin, end and vanish when the test
// says so; calls can be refused, left without an answer, or end with the connection. No seam of the
// daemon's: all of the executor is real, and what it says and hears is D-Bus.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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

class FakeSystemd {
public:
    struct Unit {
        // As StartTransientUnit gave them, as text: "yes", "3", "a b".
        std::map<std::string, std::string> given;
        std::string active = "inactive";
        std::string sub = "dead";
        std::string result = "success";
        std::string description;
        std::string status;
        std::uint32_t main_pid = 0;
        std::int32_t exit_kind = 0;
        std::int32_t exit_status = 0;
        std::uint64_t active_since = 0;
        std::uint64_t began_at = 0;
        std::uint64_t ended_at = 0;
        std::uint64_t left_active_at = 0;
        std::uint64_t stop_grace = 90'000'000;
        std::uint64_t time_limit = UINT64_MAX;
        std::uint32_t processes = 0;
    };
    // How the next StartTransientUnit is answered; without one it is carried out.
    struct Refusal {
        std::string name;  // of the error; empty: no answer at all
        bool is_carried_out = false;
        bool is_hang_up = false;  // the connection ends
    };

    FakeSystemd(loop::Loop& loop, std::string path);
    ~FakeSystemd();

    BusAddress address() const;

    // What has been called, as "KillUnit ccd-job-... 15".
    std::vector<std::string> calls;
    std::optional<Refusal> refusal;
    std::string state = "running";
    std::string refused_call;           // the next of this name, by an error that may pass
    std::function<void()> after_list;   // once the next list is told
    std::function<void()> after_count;  // once it is told how many processes a unit has
    bool is_subscribed = false;         // else nothing is told by signals
    std::map<std::string, Unit> units;

    // What happens to units, each told by signals.
    void begin(const std::string& name);
    void end(const std::string& name, std::int32_t kind, std::int32_t status);
    // It could not be started: one of systemd's own exit statuses.
    void fail(const std::string& name, std::int32_t status);
    void change(const std::string& name);
    void remove(const std::string& name);
    void remove_job(const std::string& name, const std::string& result);

    void hang_up();
    // Lets nobody connect, or everybody again.
    void set_deaf(bool is_deaf);

private:
    struct DropBus {
        void operator()(sd_bus* bus) const noexcept;
    };

    void accept();
    void process();
    void arm();
    int answer(sd_bus_message* call);
    int start(sd_bus_message* call);
    int list(sd_bus_message* call);
    int get_all(sd_bus_message* call);
    int count_processes(sd_bus_message* call, const std::string& name);
    void put_properties(sd_bus_message* message, const Unit* unit) const;

    loop::Loop& loop_;
    std::string path_;
    UniqueFd listener_;
    std::unique_ptr<sd_bus, DropBus> bus_;
    std::optional<loop::Poll> on_connection_;
    std::optional<loop::Poll> on_call_;
    bool is_hanging_up_ = false;
};

}  // namespace ccd::exec
