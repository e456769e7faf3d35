#include "daemon/gpu/static_probe.h"

#include <utility>

namespace ccd::gpu {

StaticProbe::StaticProbe(std::vector<Device> devices) {
    for (auto& device : devices)
        devices_.push_back(Device{.index = static_cast<std::uint32_t>(devices_.size()),
                                  .uuid = std::move(device.uuid),
                                  .name = std::move(device.name),
                                  .node = std::move(device.node),
                                  .memory = device.memory});
}

}  // namespace ccd::gpu
