#include "daemon/exec/transient_unit.h"

#include <systemd/sd-bus.h>

#include <limits>
#include <vector>

#include "daemon/exec/property.h"
#include "daemon/exec/unit.h"

namespace ccd::exec {
namespace {

constexpr std::uint64_t infinity = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t a_second = 1'000'000;
constexpr std::int32_t warning = 4;  // of syslog(3)

// Beyond its limit and its grace. What ends a job at its limit is the daemon, with one SIGTERM; the
// manager's own limit is for when the daemon is away.
constexpr Millis margin{5'000};

// One that is too long for the manager is none.
std::uint64_t microseconds(Millis duration) {
    auto count = static_cast<std::uint64_t>(duration.count());
    return count > infinity / 1'000 ? infinity : count * 1'000;
}

// Writes properties; once one does not fit, none does.
class Writer {
public:
    explicit Writer(sd_bus_message* call) : call_(call) {}

    template <class... Value>
    Writer& append(const char* types, Value... values) {
        if (result_ >= 0) result_ = sd_bus_message_append(call_, types, values...);
        return *this;
    }
    template <class... Value>
    void property(const char* name, const char* type, Value... values) {
        append("(sv)", name, type, values...);
    }
    void property(const Property& given) {
        const char* name = given.name.c_str();
        if (const auto* flag = std::get_if<bool>(&given.value))
            property(name, "b", static_cast<int>(*flag));
        else if (const auto* number = std::get_if<std::int32_t>(&given.value))
            property(name, "i", *number);
        else
            property(name, "t", std::get<std::uint64_t>(given.value));
    }

    void open(char type, const char* contents) {
        if (result_ >= 0) result_ = sd_bus_message_open_container(call_, type, contents);
    }
    void close() {
        if (result_ >= 0) result_ = sd_bus_message_close_container(call_);
    }
    bool is_good() const { return result_ >= 0; }

private:
    sd_bus_message* call_;
    int result_ = 0;
};

void put_lifecycle(Writer& unit, const Launch& launch) {
    unit.property("Description", "s", description_of(launch.attempt, {}).c_str());
    unit.property("Slice", "s", "ccd-jobs.slice");
    // At the end of the machine jobs go first, so that ccd sees their ends.
    unit.property("After", "as", 1, "ccd.service");
    unit.property("Type", "s", "notify");
    unit.property("NotifyAccess", "s", "main");
    // Its standard input may be a pipe that nobody writes to yet.
    unit.property("TimeoutStartUSec", "t", infinity);
    unit.property("TimeoutStopUSec", "t", microseconds(launch.stop_grace));
    // So that the exit status is kept until it is on disk.
    unit.property("RemainAfterExit", "b", 1);
    unit.property("KillMode", "s", "control-group");
    unit.property("OOMPolicy", "s", "kill");
    unit.property("IgnoreSIGPIPE", "b", 0);
    // Else the manager writes several lines to the journal for every job.
    unit.property("LogLevelMax", "i", warning);
}

// What the job has chosen for itself comes last, and counts.
void put_limits(Writer& unit, const Launch& launch) {
    const auto& limits = launch.limits;
    if (limits.memory.count > 0) {
        unit.property("MemoryMax", "t", limits.memory.count);
        // Else a job that has used up its memory goes on in the swap of all.
        unit.property("MemorySwapMax", "t", std::uint64_t{0});
    }
    if (limits.cpus > 0) unit.property("CPUQuotaPerSecUSec", "t", limits.cpus * a_second);
    if (auto most = runtime_max(launch); most != infinity)
        unit.property("RuntimeMaxUSec", "t", most);
    for (const auto& text : limits.properties)
        if (auto given = parse_property(text)) unit.property(*given);
}

void put_devices(Writer& unit, const std::vector<AllowedDevice>& devices) {
    if (devices.empty()) return;
    unit.property("DevicePolicy", "s", "closed");
    unit.open('r', "sv");
    unit.append("s", "DeviceAllow");
    unit.open('v', "a(ss)");
    unit.open('a', "(ss)");
    for (const auto& device : devices)
        unit.append("(ss)", device.name.c_str(), device.access.c_str());
    unit.close();
    unit.close();
    unit.close();
}

}  // namespace

std::uint64_t runtime_max(const Launch& launch) {
    if (!launch.limits.time) return infinity;
    auto limit = microseconds(*launch.limits.time);
    auto rest = microseconds(launch.stop_grace) + microseconds(margin);
    return limit > infinity - rest ? infinity : limit + rest;
}

bool fill_start(sd_bus_message* call, const Launch& launch, const Layout& layout,
                const std::string& shim) {
    Writer unit(call);
    unit.append("ss", unit_name(launch.attempt).c_str(), "fail");
    unit.open('a', "(sv)");
    put_lifecycle(unit, launch);
    // By number: a name that is one would be taken for another user's. The manager looks up the
    // account's name, its group and its supplementary groups.
    if (layout.user) unit.property("User", "s", std::to_string(*layout.user).c_str());
    unit.property("ExecStart", "a(sasb)", 1, shim.c_str(), 2, "ccd-shim", "--exec", 0);
    unit.property("StandardInputFileDescriptor", "h", layout.spec.get());
    unit.property("StandardOutputFileDescriptor", "h", layout.log.get());
    unit.property("StandardError", "s", "inherit");
    put_limits(unit, launch);
    put_devices(unit, layout.devices);
    unit.close();
    unit.append("a(sa(sv))", 0);
    return unit.is_good();
}

}  // namespace ccd::exec
