// The cards as NVIDIA's driver knows them.
//
// The library is opened at the first look and kept. After a failure it is closed, and the next look
// begins from nothing, because an upgraded driver answers only to a library that is loaded anew.
//
// A card that is lost, or that we may not use, is not there: the others go on. Where that leaves
// none, the look fails. A number that the driver cannot tell is absent; so is the list of
// processes.
//
// Memory is what programs may have: what the driver keeps for itself is taken off where it is told,
// and used is all of the rest that is not free. 0 stands for a card that has no memory of its own.
//
// Owner: a Watcher; used and destroyed on its thread, because any call may hang in the driver.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "daemon/gpu/nvml_library.h"
#include "daemon/gpu/probe.h"

namespace ccd::gpu {

class NvmlProbe final : public GpuProbe {
public:
    // `library`: a path, or a name that the dynamic linker looks up.
    explicit NvmlProbe(std::string library) : library_name_(std::move(library)) {}

    // Whether the library can be loaded at all; says nothing of the driver. May block, briefly.
    static bool is_installed(const std::string& library);

    std::string_view name() const override { return "nvml"; }
    Result<std::vector<Device>> look() override;
    bool is_live() const override { return true; }

private:
    std::string library_name_;
    std::unique_ptr<nvml::Library> library_;  // null: to be opened at the next look
};

}  // namespace ccd::gpu
