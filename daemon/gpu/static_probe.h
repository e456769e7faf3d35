// Cards from the configuration, for machines without NVML; without any, the probe "none".
//
// Nothing is measured: how full a card is and by whom stays unknown for ever.
//
// Owner: a Watcher, or whoever asks once.
#pragma once

#include <vector>

#include "daemon/gpu/probe.h"

namespace ccd::gpu {

class StaticProbe final : public GpuProbe {
public:
    // Of the devices only uuid, name, node and memory count; their order gives the indices.
    explicit StaticProbe(std::vector<Device> devices);

    std::string_view name() const override { return devices_.empty() ? "none" : "static"; }
    Result<std::vector<Device>> look() override { return devices_; }
    bool is_live() const override { return false; }

private:
    std::vector<Device> devices_;
};

}  // namespace ccd::gpu
