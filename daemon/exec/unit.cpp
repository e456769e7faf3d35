#include "daemon/exec/unit.h"

#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <array>
#include <memory>

#include "daemon/exec/number.h"
#include "daemon/exec/spec.h"

namespace ccd::exec {
namespace {

constexpr std::string_view prefix = "ccd-job-";
constexpr std::string_view suffix = ".service";
constexpr const char* path_prefix = "/org/freedesktop/systemd1/unit";
constexpr std::string_view stopped_mark = ", being ended since ";

using Member = std::variant<std::string UnitState::*, std::uint32_t UnitState::*,
                            std::int32_t UnitState::*, std::uint64_t UnitState::*>;
struct Property {
    std::string_view name;
    Member member;
};
constexpr std::array properties{
    Property{"LoadState", &UnitState::load},
    Property{"ActiveState", &UnitState::active},
    Property{"SubState", &UnitState::sub},
    Property{"Result", &UnitState::result},
    Property{"Description", &UnitState::description},
    Property{"StatusText", &UnitState::status},
    Property{"MainPID", &UnitState::main_pid},
    Property{"ExecMainCode", &UnitState::exit_kind},
    Property{"ExecMainStatus", &UnitState::exit_status},
    Property{"ActiveEnterTimestamp", &UnitState::active_since},
    Property{"ExecMainStartTimestamp", &UnitState::began_at},
    Property{"ExecMainExitTimestamp", &UnitState::ended_at},
    Property{"ActiveExitTimestamp", &UnitState::left_active_at},
    Property{"TimeoutStopUSec", &UnitState::stop_grace},
    Property{"RuntimeMaxUSec", &UnitState::time_limit},
    Property{"MemoryMax", &UnitState::memory_limit},
};

bool read_into(sd_bus_message* message, std::string& value) {
    const char* text = nullptr;
    if (sd_bus_message_read(message, "v", "s", &text) < 0) return false;
    value = text;
    return true;
}
bool read_into(sd_bus_message* message, std::uint32_t& value) {
    return sd_bus_message_read(message, "v", "u", &value) >= 0;
}
bool read_into(sd_bus_message* message, std::int32_t& value) {
    return sd_bus_message_read(message, "v", "i", &value) >= 0;
}
bool read_into(sd_bus_message* message, std::uint64_t& value) {
    return sd_bus_message_read(message, "v", "t", &value) >= 0;
}

bool read_property(sd_bus_message* message, UnitState& unit) {
    const char* name = nullptr;
    if (sd_bus_message_read(message, "s", &name) < 0) return false;
    const auto* known = std::ranges::find(properties, std::string_view{name}, &Property::name);
    if (known == properties.end()) return sd_bus_message_skip(message, "v") >= 0;
    return std::visit([&](auto member) { return read_into(message, unit.*member); }, known->member);
}

WallTime wall_time(std::uint64_t microseconds) {
    return WallTime(milliseconds(microseconds));
}

// Exit statuses that the manager gives to what it could not execute. Some are the job's own doing
// and will not change, others are this machine's; whose the rest are, others of its jobs show.
enum class Whose : std::uint8_t { job, machine, unclear };
struct Trouble {
    std::int32_t status;
    std::string_view what;
    Whose whose;
};
constexpr std::array troubles{
    Trouble{201, "its niceness", Whose::job},
    Trouble{exec_status, "ccd-shim cannot be executed", Whose::unclear},
    Trouble{204, "memory is short", Whose::machine},
    Trouble{205, "its limits", Whose::job},
    Trouble{206, "its OOM score", Whose::job},
    Trouble{211, "its I/O scheduling", Whose::job},
    Trouble{214, "its scheduling", Whose::job},
    Trouble{215, "its CPU affinity", Whose::job},
    Trouble{216, "its group is not known", Whose::job},
    Trouble{217, "its user is not known", Whose::job},
    Trouble{218, "its capabilities", Whose::job},
    Trouble{219, "its control group", Whose::machine},
    Trouble{225, "its network", Whose::job},
    Trouble{226, "its mounts", Whose::job},
    Trouble{227, "its privileges", Whose::job},
    Trouble{228, "its system calls", Whose::job},
};

UnitOutcome could_not_start(const UnitState& unit) {
    const auto* known = std::ranges::find(troubles, unit.exit_status, &Trouble::status);
    auto is_known = known != troubles.end();
    auto reason = "systemd could not start it: " +
                  (is_known ? std::string{known->what}
                            : unit.result + ", status " + std::to_string(unit.exit_status));
    auto whose = is_known ? known->whose : Whose::unclear;
    if (whose == Whose::job) return NotStarted{125, std::move(reason), wall_time(unit.ended_at)};
    auto blame = whose == Whose::machine ? NeverBegan::Blame::executor : NeverBegan::Blame::attempt;
    return NeverBegan{std::move(reason), blame};
}

// The manager calls it a timeout, too, when what it was told to stop does not go in time.
bool is_time_limit(const UnitState& unit) {
    return unit.result == "timeout" && unit.ended_at - unit.active_since >= unit.time_limit;
}

// By the calendar, which may have been set back since: an end by a signal that a stop sends is the
// stop's in any case.
bool is_stop(const UnitState& unit, std::optional<WallTime> stopped_at) {
    if (!stopped_at) return false;
    auto is_of_a_stop = unit.exit_status == SIGTERM || unit.exit_status == SIGKILL;
    if (unit.exit_kind != CLD_EXITED && is_of_a_stop) return true;
    return wall_time(unit.ended_at) >= *stopped_at;
}

// A program that ends by itself leaves its unit active, or takes it along. Where the unit was on
// its way down before, the manager was told to end it, whatever the program made of its signal.
bool is_brought_down(const UnitState& unit) {
    return unit.left_active_at != 0 && unit.left_active_at < unit.ended_at;
}

// The manager says the same where the machine, or all jobs together, are out of memory.
bool is_own_memory_limit(const UnitState& unit) {
    return unit.result == "oom-kill" && unit.memory_limit != UnitState{}.memory_limit;
}

// A limit that passes while a stop is under way ends nothing.
Cause cause_of(const UnitState& unit, std::optional<WallTime> stopped_at) {
    if (unit.result == "oom-kill") return Cause::memory;
    if (is_stop(unit, stopped_at)) return Cause::stop;
    if (is_time_limit(unit)) return Cause::time_limit;
    return is_brought_down(unit) ? Cause::manager : Cause::program;
}

}  // namespace

std::string unit_name(const Attempt& attempt) {
    return std::string{prefix} + attempt.nonce + std::string{suffix};
}

std::optional<Attempt> parse_unit_name(std::string_view name, std::string_view instance) {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
    auto nonce = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    auto rest = nonce;
    if (!rest.starts_with(instance)) return std::nullopt;
    rest.remove_prefix(instance.size());
    if (!rest.starts_with('-')) return std::nullopt;
    rest.remove_prefix(1);
    auto dash = rest.find('-');
    if (dash == rest.npos || !is_nonce(nonce)) return std::nullopt;
    Attempt attempt;
    attempt.nonce = nonce;
    auto is_good = parse_number(rest.substr(0, dash), attempt.job) &&
                   parse_number(rest.substr(dash + 1), attempt.number);
    return is_good ? std::optional(attempt) : std::nullopt;
}

std::string unit_name_of_path(const char* path) {
    char* decoded = nullptr;
    if (sd_bus_path_decode(path, path_prefix, &decoded) <= 0) return {};
    std::unique_ptr<char, decltype(&free)> own{decoded, free};
    return decoded;
}

std::string description_of(const Attempt& attempt, std::optional<WallTime> stopped_at) {
    auto text =
        "ccd job " + std::to_string(attempt.job) + ", attempt " + std::to_string(attempt.number);
    if (stopped_at)
        text.append(stopped_mark).append(std::to_string(stopped_at->time_since_epoch().count()));
    return text;
}

std::optional<WallTime> parse_stopped_at(std::string_view description) {
    auto mark = description.rfind(stopped_mark);
    if (mark == description.npos) return std::nullopt;
    std::int64_t at = 0;
    if (!parse_number(description.substr(mark + stopped_mark.size()), at)) return std::nullopt;
    return WallTime(Millis(at));
}

bool UnitState::read(sd_bus_message* message) {
    if (sd_bus_message_enter_container(message, 'a', "{sv}") < 0) return false;
    int entered = 0;
    while ((entered = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        if (!read_property(message, *this)) return false;
        if (sd_bus_message_exit_container(message) < 0) return false;
    }
    return entered == 0 && sd_bus_message_exit_container(message) >= 0;
}

// A unit that waits to be started is inactive, too.
bool UnitState::is_over() const {
    if (active == "failed") return true;
    return ended_at != 0 && main_pid == 0;
}

// A program may tell the manager whatever it likes; the shim ends as it says.
std::optional<LaunchFailure> refusal_of(const UnitState& unit) {
    auto failure = parse_failure(unit.status);
    auto is_the_shims =
        failure && unit.exit_kind == CLD_EXITED && unit.exit_status == exit_code_of(*failure);
    return is_the_shims ? failure : std::nullopt;
}

UnitOutcome outcome_of(const UnitState& unit, std::optional<WallTime> stopped_at,
                       const LaunchNames& names) {
    auto at = wall_time(unit.ended_at);
    auto is_exit = unit.exit_kind == CLD_EXITED;
    if (auto failure = refusal_of(unit))
        return NotStarted{unit.exit_status, std::string{reason_of(*failure, names).view()}, at};
    if (!unit.was_active() && unit.ended_at == 0)
        return NeverBegan{"systemd could not start it: " + unit.result, NeverBegan::Blame::attempt};
    if (!unit.was_active() && is_exit) return could_not_start(unit);
    if (!unit.was_active() && !is_stop(unit, stopped_at) && !is_own_memory_limit(unit))
        return NeverBegan{"ccd-shim was ended by signal " + std::to_string(unit.exit_status) +
                              " before it could begin",
                          NeverBegan::Blame::attempt};
    Ended ended{.at = at, .began = wall_time(unit.began_at)};
    (is_exit ? ended.exit_code : ended.signal) = unit.exit_status;
    ended.cause = cause_of(unit, stopped_at);
    return ended;
}

}  // namespace ccd::exec
