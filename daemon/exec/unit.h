// A transient unit of the service manager, as far as an attempt needs to know it: its name, what
// the manager says of its state, and what that means for the attempt.
//
// The shim tells the manager that it is about to execute the program (`Type=notify`), before the
// manager can see it end. So one that was never active has not run the job's program, and one that
// was has, unless the shim says that it failed in the last moment. The exit status alone would not
// tell: the manager uses 200 to 242 for its own troubles, and so may a job.
//
// No connection, no clock; any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ccd/time.h"
#include "daemon/exec/executor.h"
#include "daemon/exec/launch_failure.h"

struct sd_bus_message;

namespace ccd::exec {

// "ccd-job-5f3a9c1e-42-1.service", of the attempt with the nonce "5f3a9c1e-42-1".
std::string unit_name(const Attempt& attempt);
// The attempt that a unit belongs to; nothing if it is none of this instance's.
std::optional<Attempt> parse_unit_name(std::string_view name, std::string_view instance);
// The name of the unit that an object path is of; empty for another path.
std::string unit_name_of_path(const char* path);

// What `systemctl status` shows. A unit that is being ended by us says so, and since when, so that
// a later daemon knows.
std::string description_of(const Attempt& attempt, std::optional<WallTime> stopped_at);
std::optional<WallTime> parse_stopped_at(std::string_view description);

// A length of time as the manager tells it.
constexpr Millis milliseconds(std::uint64_t microseconds) {
    return Millis(static_cast<std::int64_t>(microseconds / 1'000));
}

// Properties of a unit. Times are microseconds of the calendar, 0: never.
struct UnitState {
    std::string load;
    std::string active;
    std::string sub;
    std::string result;
    std::string description;
    std::string status;  // what the shim said of a program that it could not execute
    std::uint32_t main_pid = 0;
    std::int32_t exit_kind = 0;  // CLD_*
    std::int32_t exit_status = 0;
    std::uint64_t active_since = 0;
    std::uint64_t began_at = 0;
    std::uint64_t ended_at = 0;
    std::uint64_t left_active_at = 0;
    std::uint64_t stop_grace = 0;  // microseconds, as is the next
    std::uint64_t time_limit = std::numeric_limits<std::uint64_t>::max();  // then: none
    std::uint64_t memory_limit = std::numeric_limits<std::uint64_t>::max();

    // Takes the properties it knows from the a{sv} that the message is at. False if none is there.
    bool read(sd_bus_message* message);

    // Of no unit at all the manager tells the properties, too, of one that it makes up for it.
    bool is_there() const { return load != "not-found"; }
    bool was_active() const { return active_since != 0; }
    // Its program has ended, or never will begin.
    bool is_over() const;
    // The manager is still busy with it.
    bool is_changing() const { return active == "activating" || active == "deactivating"; }
};

// With which the manager ends what it could not execute.
inline constexpr std::int32_t exec_status = 203;

// What became of an attempt whose unit is over; `stopped_at` is when we began to end it.
using UnitOutcome = std::variant<Ended, NotStarted, NeverBegan>;
UnitOutcome outcome_of(const UnitState& unit, std::optional<WallTime> stopped_at,
                       const LaunchNames& names);
// Why the shim did not execute the program; nothing if it did, or has not said.
std::optional<LaunchFailure> refusal_of(const UnitState& unit);

}  // namespace ccd::exec
