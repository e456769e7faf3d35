// The call that starts an attempt as a transient service.
//
// What the job is (arguments, environment, directory) is in the sealed spec on its standard input:
// units can be read by everybody. What the kernel is to hold it to is in the unit.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/exec/executor.h"
#include "daemon/exec/layout.h"

struct sd_bus_message;

namespace ccd::exec {

// For how long the manager lets it run, in microseconds; all bits set: for ever.
std::uint64_t runtime_max(const Launch& launch);

// Fills a StartTransientUnit. False where there is no memory for it.
bool fill_start(sd_bus_message* call, const Launch& launch, const Layout& layout,
                const std::string& shim);

}  // namespace ccd::exec
