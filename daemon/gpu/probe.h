// The seam to the graphics cards: who is there, how full, by whom.
//
// A probe answers one question at a time, and may take its time or hang in the driver: it is
// asked on the thread of a Watcher, never on the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/gpu/owner.h"

namespace ccd::gpu {

// A process that uses memory of a card, ours or not.
struct Process {
    std::int64_t pid = 0;
    std::optional<Bytes> memory;  // absent where the driver does not tell
    std::optional<Owner> owner;   // found out by the Watcher; absent where nobody has this number
    bool operator==(const Process&) const = default;
};

struct Device {
    std::uint32_t index = 0;  // in PCI bus order; may change over reboots
    std::string uuid;
    std::string name;
    std::string node;  // its device file; empty where there is none, or it is not known
    Bytes memory;
    std::optional<Bytes> used;  // by everybody; absent where nothing measures
    std::optional<std::uint32_t> utilization_percent;
    std::vector<Process> processes;  // compute and graphics, by pid
    bool has_process_list = false;   // else it is not known who uses it
    bool operator==(const Device&) const = default;
};

class GpuProbe {
public:
    virtual ~GpuProbe() = default;

    // "nvml", "static" or "none".
    virtual std::string_view name() const = 0;

    // The cards as they are now, by index. An error means that nothing is known: admission pauses.
    virtual Result<std::vector<Device>> look() = 0;

    // Whether a later look may differ from the first.
    virtual bool is_live() const = 0;
};

}  // namespace ccd::gpu
