#include "daemon/gpu/nvml_probe.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstring>
#include <map>
#include <optional>

namespace ccd::gpu {
namespace {

using nvml::Handle;
using nvml::Library;
using nvml::Return;

// More processes than these on one card are a broken answer.
constexpr unsigned most_processes = 1U << 16;

// Where a card sits; in the order of these CUDA counts with CUDA_DEVICE_ORDER=PCI_BUS_ID.
struct BusPlace {
    unsigned domain = 0;
    unsigned bus = 0;
    unsigned device = 0;
    std::string text;
    auto operator<=>(const BusPlace&) const = default;
};

struct Card {
    BusPlace place;
    Device device;
};

using MemoryByPid = std::map<std::int64_t, std::optional<Bytes>>;

template <std::size_t size>
std::string text_of(const std::array<char, size>& buffer) {
    return std::string(buffer.data(), ::strnlen(buffer.data(), size));
}

std::optional<Bytes> told(unsigned long long count) {
    return count == nvml::not_available ? std::nullopt : std::optional{Bytes{count}};
}

// Whether the driver told what was asked. False where it cannot or may not; an error where it
// failed.
Result<bool> was_told(const Library& library, std::string_view call, Return answer) {
    constexpr std::array cannot{Return::not_supported, Return::no_permission, Return::not_found,
                                Return::function_not_found, Return::no_data};
    if (answer == Return::success) return true;
    if (std::ranges::find(cannot, answer) != cannot.end()) return false;
    return tl::unexpected{library.error_from(call, answer)};
}

// For what a card must tell.
Result<void> expect(const Library& library, std::string_view call, Return answer) {
    if (answer != Return::success) return tl::unexpected{library.error_from(call, answer)};
    return {};
}

void set_memory(Device& device, std::optional<Bytes> total, Bytes reserved,
                std::optional<Bytes> free) {
    if (!total) return;
    device.memory = Bytes{total->count - std::min(reserved.count, total->count)};
    if (free) device.used = Bytes{device.memory.count - std::min(free->count, device.memory.count)};
}

Result<void> read_memory(const Library& library, Handle handle, Device& device) {
    if (library.memory_v2 != nullptr) {
        nvml::MemoryV2 memory{.version = nvml::memory_v2};
        auto answer = library.memory_v2(handle, &memory);
        bool is_known = answer != Return::argument_version_mismatch;
        if (is_known && CCD_TRY(was_told(library, "nvmlDeviceGetMemoryInfo_v2", answer))) {
            set_memory(device, told(memory.total), told(memory.reserved).value_or(Bytes{}),
                       told(memory.free));
            return {};
        }
    }
    nvml::Memory memory{};
    auto answer = library.memory(handle, &memory);
    if (CCD_TRY(was_told(library, "nvmlDeviceGetMemoryInfo", answer)))
        set_memory(device, told(memory.total), Bytes{}, told(memory.free));
    return {};
}

// The processes of one kind. One with several contexts has the sum of what is told of them.
// Nothing where the driver keeps no such list.
Result<std::optional<MemoryByPid>> list_processes(const Library& library, std::string_view call,
                                                  nvml::ProcessQuery query, Handle handle) {
    std::vector<nvml::ProcessUse> rows(32);
    auto count = static_cast<unsigned>(rows.size());
    auto answer = query(handle, &count, rows.data());
    while (answer == Return::insufficient_size && rows.size() < most_processes) {
        // More than it wants: others may have come by the time that it is asked again.
        rows.resize(std::max<std::size_t>(rows.size(), std::min(count, most_processes)) * 2);
        count = static_cast<unsigned>(rows.size());
        answer = query(handle, &count, rows.data());
    }
    if (!CCD_TRY(was_told(library, call, answer))) return std::optional<MemoryByPid>{};
    rows.resize(std::min<std::size_t>(count, rows.size()));
    MemoryByPid found;
    for (const auto& row : rows) {
        auto& sum = found[row.pid];
        if (auto memory = told(row.memory))
            sum = Bytes{sum.value_or(Bytes{}).count + memory->count};
    }
    return std::optional{std::move(found)};
}

// A process with both kinds of context stands in both lists, each time with all of its memory.
// A card that cannot draw has no list of who draws.
Result<void> read_processes(const Library& library, Handle handle, Device& device) {
    auto compute = CCD_TRY(list_processes(library, "nvmlDeviceGetComputeRunningProcesses",
                                          library.compute_processes, handle));
    auto graphics = CCD_TRY(list_processes(library, "nvmlDeviceGetGraphicsRunningProcesses",
                                           library.graphics_processes, handle));
    device.has_process_list = compute.has_value();
    auto found = std::move(compute).value_or(MemoryByPid{});
    for (const auto& [pid, memory] : graphics.value_or(MemoryByPid{}))
        found[pid] = std::max(found[pid], memory);
    for (const auto& [pid, memory] : found)
        device.processes.push_back({.pid = pid, .memory = memory});
    return {};
}

Result<Card> look_at(const Library& library, unsigned index) {
    Card card;
    Handle handle = nullptr;
    CCD_TRY(expect(library, "nvmlDeviceGetHandleByIndex", library.handle(index, &handle)));
    nvml::Pci pci{};
    CCD_TRY(expect(library, "nvmlDeviceGetPciInfo", library.pci(handle, &pci)));
    card.place = {.domain = pci.domain,
                  .bus = pci.bus,
                  .device = pci.device,
                  .text = text_of(std::to_array(pci.bus_id))};
    std::array<char, nvml::name_size> text{};
    CCD_TRY(
        expect(library, "nvmlDeviceGetUUID", library.uuid(handle, text.data(), nvml::name_size)));
    card.device.uuid = text_of(text);
    text = {};
    auto named = library.name(handle, text.data(), nvml::name_size);
    if (CCD_TRY(was_told(library, "nvmlDeviceGetName", named))) card.device.name = text_of(text);
    unsigned number = 0;
    auto numbered = library.minor(handle, &number);
    if (CCD_TRY(was_told(library, "nvmlDeviceGetMinorNumber", numbered)))
        card.device.node = "/dev/nvidia" + std::to_string(number);
    CCD_TRY(read_memory(library, handle, card.device));
    nvml::Utilization utilization{};
    auto measured = library.utilization(handle, &utilization);
    if (CCD_TRY(was_told(library, "nvmlDeviceGetUtilizationRates", measured)))
        card.device.utilization_percent = utilization.gpu;
    CCD_TRY(read_processes(library, handle, card.device));
    return card;
}

struct Sight {
    std::vector<Card> cards;
    std::optional<Error> missing;  // why a card was left out
};

Result<Sight> look_at_all(const Library& library) {
    unsigned count = 0;
    CCD_TRY(expect(library, "nvmlDeviceGetCount", library.count(&count)));
    Sight sight;
    for (unsigned index = 0; index < count; ++index) {
        auto card = look_at(library, index);
        if (card)
            sight.cards.push_back(*std::move(card));
        else if (card.error().code == Errc::not_found || card.error().code == Errc::denied)
            sight.missing = std::move(card.error());
        else
            return tl::unexpected{std::move(card.error())};
    }
    if (sight.cards.empty() && sight.missing) return tl::unexpected{*std::move(sight.missing)};
    return sight;
}

}  // namespace

Result<std::vector<Device>> NvmlProbe::look() {
    if (!library_) library_ = CCD_TRY(Library::open(library_name_));
    auto sight = look_at_all(*library_);
    // A lost card that was repaired shows up only in a library that is loaded anew.
    bool is_spent = !sight || (sight->missing && sight->missing->code == Errc::not_found);
    if (is_spent) library_.reset();
    if (!sight) return tl::unexpected{std::move(sight.error())};
    std::ranges::sort(sight->cards, {}, &Card::place);
    std::vector<Device> devices;
    for (auto& card : sight->cards) {
        card.device.index = static_cast<std::uint32_t>(devices.size());
        devices.push_back(std::move(card.device));
    }
    return devices;
}

bool NvmlProbe::is_installed(const std::string& library) {
    auto* handle = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) return false;
    dlclose(handle);
    return true;
}

}  // namespace ccd::gpu
