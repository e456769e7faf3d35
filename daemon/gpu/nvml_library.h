// NVIDIA's management library, opened when it is needed, never linked.
//
// Only what ccd asks is declared here, after the library's documented binary interface; a driver
// older than 510 lacks some of it and is refused. An open library is initialised, and its end shuts
// it down and unloads it, so that a driver which was upgraded meanwhile is met by its own library
// at the next open.
//
// Owner: the NvmlProbe. Any call may hang in the driver.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ccd/result.h"

namespace ccd::gpu::nvml {

// The answers that are told apart; the rest are failures like any other.
enum class Return : int {
    success = 0,
    not_supported = 3,
    no_permission = 4,
    not_found = 6,
    insufficient_size = 7,
    function_not_found = 13,
    gpu_is_lost = 15,
    no_data = 21,
    argument_version_mismatch = 25,
};

// What stands in a number that the driver cannot tell.
inline constexpr auto not_available = static_cast<unsigned long long>(-1);
inline constexpr unsigned name_size = 96;

using Handle = struct nvmlDevice_st*;

struct Pci {
    char legacy_bus_id[16];
    unsigned domain;
    unsigned bus;
    unsigned device;
    unsigned device_id;
    unsigned subsystem_id;
    char bus_id[32];  // ended by NUL
};

struct Memory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};

// Tells apart what the driver keeps for itself.
struct MemoryV2 {
    unsigned version;
    unsigned long long total;
    unsigned long long reserved;
    unsigned long long free;
    unsigned long long used;
};
// A structure's size and number, as the library wants to see in `version`.
inline constexpr unsigned memory_v2 = sizeof(MemoryV2) | 2U << 24;

struct Utilization {
    unsigned gpu;  // percent
    unsigned memory;
};

struct ProcessUse {
    unsigned pid;
    unsigned long long memory;
    unsigned gpu_instance;
    unsigned compute_instance;
};

static_assert(sizeof(Pci) == 68 && sizeof(MemoryV2) == 40 && sizeof(ProcessUse) == 24,
              "these are the library's own structures");

using ProcessQuery = Return (*)(Handle, unsigned* count, ProcessUse* processes);

class Library {
public:
    // Loads and initialises it. `name` is as for dlopen: a path, or a name that is looked up.
    static Result<std::unique_ptr<Library>> open(const std::string& name);

    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library();

    // An answer in the library's own words: not_found for a card that is lost, denied for one that
    // we may not use, else unreachable.
    Error error_from(std::string_view call, Return answer) const;

    Return (*count)(unsigned* count) = nullptr;
    Return (*handle)(unsigned index, Handle*) = nullptr;
    Return (*uuid)(Handle, char* text, unsigned size) = nullptr;
    Return (*name)(Handle, char* text, unsigned size) = nullptr;
    Return (*pci)(Handle, Pci*) = nullptr;
    Return (*minor)(Handle, unsigned* number) = nullptr;  // of its device file
    Return (*memory)(Handle, Memory*) = nullptr;
    Return (*memory_v2)(Handle, MemoryV2*) = nullptr;  // null where the library has none
    Return (*utilization)(Handle, Utilization*) = nullptr;
    ProcessQuery compute_processes = nullptr;
    ProcessQuery graphics_processes = nullptr;

private:
    struct Unload {
        void operator()(void* object) const noexcept;
    };

    Library() = default;
    Result<void> find_functions();

    std::unique_ptr<void, Unload> object_;
    Return (*init_)() = nullptr;
    Return (*shutdown_)() = nullptr;
    const char* (*explain_)(Return) = nullptr;
    bool is_initialised_ = false;
};

}  // namespace ccd::gpu::nvml
