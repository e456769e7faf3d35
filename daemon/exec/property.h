// Properties of a unit that a submitter may choose: `--property NAME=VALUE`.
//
// One table is the whole list. A property stands in it if nobody but the job itself can be harmed
// by any value that is allowed: it takes something away from the job, or shares out among jobs.
// What gives more (users, groups, capabilities, devices, paths, commands) is not in it.
//
// Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "ccd/result.h"

struct sd_bus_message;

namespace ccd::exec {

// As the manager takes it: its name on the bus and its value.
struct Property {
    std::string name;
    std::variant<bool, std::int32_t, std::uint64_t> value;
    bool operator==(const Property&) const = default;
};

// Refuses what is not NAME=VALUE, a name that is not in the table (and says which are), and a
// value that is not allowed (and says what is).
Result<Property> parse_property(std::string_view text);

// Refuses besides what would give a job more cores than it has asked for; with 0 it has not.
Result<void> check_property(std::string_view text, std::uint32_t cpus);

}  // namespace ccd::exec
