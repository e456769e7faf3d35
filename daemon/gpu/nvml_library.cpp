#include "daemon/gpu/nvml_library.h"

#include <dlfcn.h>

#include <utility>

namespace ccd::gpu::nvml {
namespace {

enum class Need : bool { optional, required };

std::string last_load_error() {
    const char* text = ::dlerror();
    return text == nullptr ? "unknown error" : text;
}

template <class Function>
Result<void> find(void* object, const char* symbol, Function& function,
                  Need need = Need::required) {
    function = reinterpret_cast<Function>(::dlsym(object, symbol));
    if (function == nullptr && need == Need::required)
        return failure(Errc::unreachable, "NVML has no " + std::string(symbol) +
                                              "; ccd needs an NVIDIA driver of 510 or later");
    return {};
}

}  // namespace

void Library::Unload::operator()(void* object) const noexcept {
    ::dlclose(object);
}

Result<void> Library::find_functions() {
    void* object = object_.get();
    CCD_TRY(find(object, "nvmlInit_v2", init_));
    CCD_TRY(find(object, "nvmlShutdown", shutdown_));
    CCD_TRY(find(object, "nvmlErrorString", explain_));
    CCD_TRY(find(object, "nvmlDeviceGetCount_v2", count));
    CCD_TRY(find(object, "nvmlDeviceGetHandleByIndex_v2", handle));
    CCD_TRY(find(object, "nvmlDeviceGetUUID", uuid));
    CCD_TRY(find(object, "nvmlDeviceGetName", name));
    CCD_TRY(find(object, "nvmlDeviceGetPciInfo_v3", pci));
    CCD_TRY(find(object, "nvmlDeviceGetMinorNumber", minor));
    CCD_TRY(find(object, "nvmlDeviceGetMemoryInfo", memory));
    CCD_TRY(find(object, "nvmlDeviceGetMemoryInfo_v2", memory_v2, Need::optional));
    CCD_TRY(find(object, "nvmlDeviceGetUtilizationRates", utilization));
    CCD_TRY(find(object, "nvmlDeviceGetComputeRunningProcesses_v3", compute_processes));
    return find(object, "nvmlDeviceGetGraphicsRunningProcesses_v3", graphics_processes);
}

Result<std::unique_ptr<Library>> Library::open(const std::string& name) {
    std::unique_ptr<Library> library{new Library};
    library->object_.reset(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!library->object_)
        return failure(Errc::unreachable, "NVML cannot be loaded: " + last_load_error() +
                                              "; is an NVIDIA driver installed?");
    CCD_TRY(library->find_functions());
    if (auto answer = library->init_(); answer != Return::success)
        return tl::unexpected{library->error_from("nvmlInit", answer)};
    library->is_initialised_ = true;
    return library;
}

Library::~Library() {
    if (is_initialised_) shutdown_();
}

Error Library::error_from(std::string_view call, Return answer) const {
    const char* words = explain_(answer);
    auto code = answer == Return::gpu_is_lost     ? Errc::not_found
                : answer == Return::no_permission ? Errc::denied
                                                  : Errc::unreachable;
    return Error{.code = code,
                 .message = std::string(call) + ": " + (words == nullptr ? "error" : words) +
                            " (NVML " + std::to_string(static_cast<int>(answer)) + ")"};
}

}  // namespace ccd::gpu::nvml
