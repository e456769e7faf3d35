// The call that starts an attempt as a transient service.
//
// What the job is (arguments, environment, directory) is in the sealed spec on its standard input:
// units can be read by everybody. What the kernel is to hold it to is in the unit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ccd/unique_fd.h"
#include "daemon/exec/devices.h"
#include "daemon/exec/executor.h"

struct sd_bus_message;

namespace ccd::exec {

// What is laid out for an attempt before the manager is asked.
struct Layout {
    std::optional<std::string> user;     // by whose name it runs; nothing: as the manager's own
    std::vector<AllowedDevice> devices;  // empty: all
    UniqueFd spec;
    UniqueFd log;
};

// Fills a StartTransientUnit. False where there is no memory for it.
bool fill_start(sd_bus_message* call, const Launch& launch, const Layout& layout,
                const std::string& shim);

}  // namespace ccd::exec
