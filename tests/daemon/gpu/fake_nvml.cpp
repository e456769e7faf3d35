// A libnvidia-ml.so.1 without a driver: plays the script that CCD_FAKE_NVML names.
//
// The script is read anew at each call, so the world changes when the file does. Its lines:
//
//   card BUS_ID UUID TOTAL RESERVED FREE UTILIZATION NAME    in NVML's order; '-' cannot be told
//   process CARD compute|graphics PID MEMORY                 CARD counts from 0; '-' cannot be told
//   fail CALL CODE [CARD]                                    the call answers CODE
//   hang CALL FIFO                                           the call lasts until the FIFO ends
//
// Sizes are in MiB. Each call of nvmlInit_v2 and nvmlShutdown is noted in the file SCRIPT.calls.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int success = 0;
constexpr int uninitialized = 1;
constexpr int invalid_argument = 2;
constexpr int insufficient_size = 7;
constexpr int argument_version_mismatch = 25;
constexpr auto not_available = static_cast<unsigned long long>(-1);

struct Card {
    std::string bus_id, uuid, total, reserved, free, utilization, name;
};

std::atomic<int> initialisations = 0;

std::string script_path() {
    const char* path = std::getenv("CCD_FAKE_NVML");
    return path == nullptr ? "" : path;
}

// Calls `visit(verb, rest)` for each line.
template <class Visit>
void for_each_line(Visit visit) {
    std::ifstream script{script_path()};
    for (std::string line; std::getline(script, line);) {
        std::istringstream rest{line};
        std::string verb;
        if (rest >> verb) visit(verb, rest);
    }
}

void note(const char* call) {
    std::ofstream{script_path() + ".calls", std::ios::app} << call << '\n';
}

unsigned long long mebibytes(const std::string& text) {
    return text == "-" ? not_available : std::stoull(text) << 20;
}

std::vector<Card> cards() {
    std::vector<Card> found;
    for_each_line([&](const std::string& verb, std::istringstream& rest) {
        Card card;
        if (verb != "card") return;
        rest >> card.bus_id >> card.uuid >> card.total >> card.reserved >> card.free >>
            card.utilization >> card.name;
        found.push_back(card);
    });
    return found;
}

void hang_until_end_of(const std::string& fifo) {
    std::ifstream end{fifo};
    while (end.get() != std::ifstream::traits_type::eof()) {
    }
}

// What the script says about a call on a card (-1: on none), after having hung if it says so.
int answer_of(const std::string& call, int index = -1) {
    int answer = initialisations > 0 ? success : uninitialized;
    for_each_line([&](const std::string& verb, std::istringstream& rest) {
        std::string name;
        if ((verb != "fail" && verb != "hang") || !(rest >> name) || name != call) return;
        if (verb == "hang") {
            std::string fifo;
            rest >> fifo;
            return hang_until_end_of(fifo);
        }
        int code = 0;
        int only = index;
        rest >> code >> only;
        if (only == index) answer = code;
    });
    return answer;
}

int index_of(const void* handle) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(handle)) - 1;
}

int fill(char* text, unsigned size, const std::string& value) {
    if (value.size() >= size) return insufficient_size;
    std::memcpy(text, value.c_str(), value.size() + 1);
    return success;
}

struct ProcessUse {
    unsigned pid;
    unsigned long long memory;
    unsigned gpu_instance, compute_instance;
};

int list(const char* call, const char* kind, void* handle, unsigned* count, ProcessUse* out) {
    if (int answer = answer_of(call, index_of(handle)); answer != success) return answer;
    std::vector<ProcessUse> found;
    for_each_line([&](const std::string& verb, std::istringstream& rest) {
        int card = 0;
        unsigned pid = 0;
        std::string line_kind, memory;
        if (verb != "process" || !(rest >> card >> line_kind >> pid >> memory)) return;
        if (card == index_of(handle) && line_kind == kind)
            found.push_back({pid, mebibytes(memory), ~0U, ~0U});
    });
    bool fits = found.size() <= *count;
    *count = static_cast<unsigned>(found.size());
    if (!fits) return insufficient_size;
    for (std::size_t i = 0; i < found.size(); ++i) out[i] = found[i];
    return success;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

struct FakePci {
    char legacy_bus_id[16];
    unsigned domain, bus, device, device_id, subsystem_id;
    char bus_id[32];
};
struct FakeMemory {
    unsigned long long total, free, used;
};
struct FakeMemoryV2 {
    unsigned version;
    unsigned long long total, reserved, free, used;
};

int nvmlInit_v2() {
    note("init");
    ++initialisations;
    int answer = answer_of("nvmlInit_v2");
    if (answer != success) --initialisations;
    return answer;
}

int nvmlShutdown() {
    note("shutdown");
    if (initialisations == 0) return uninitialized;
    --initialisations;
    return success;
}

const char* nvmlErrorString(int answer) {
    switch (answer) {
        case 9:
            return "Driver Not Loaded";
        case 15:
            return "GPU is lost";
        case 18:
            return "Driver/library version mismatch";
        default:
            return "Unknown Error";
    }
}

int nvmlDeviceGetCount_v2(unsigned* count) {
    *count = static_cast<unsigned>(cards().size());
    return answer_of("nvmlDeviceGetCount_v2");
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
    if (index >= cards().size()) return invalid_argument;
    *handle = reinterpret_cast<void*>(static_cast<std::intptr_t>(index) + 1);
    return answer_of("nvmlDeviceGetHandleByIndex_v2", static_cast<int>(index));
}

int nvmlDeviceGetUUID(void* handle, char* text, unsigned size) {
    auto index = index_of(handle);
    auto answer = answer_of("nvmlDeviceGetUUID", index);
    return answer != success ? answer : fill(text, size, cards().at(unsigned(index)).uuid);
}

int nvmlDeviceGetMinorNumber(void* handle, unsigned* number) {
    auto index = index_of(handle);
    auto answer = answer_of("nvmlDeviceGetMinorNumber", index);
    // That of its place on the bus, so that it stays when cards are counted anew.
    if (answer == success)
        std::sscanf(cards().at(unsigned(index)).bus_id.c_str(), "%*8x:%2x", number);
    return answer;
}

int nvmlDeviceGetName(void* handle, char* text, unsigned size) {
    auto index = index_of(handle);
    auto answer = answer_of("nvmlDeviceGetName", index);
    return answer != success ? answer : fill(text, size, cards().at(unsigned(index)).name);
}

int nvmlDeviceGetPciInfo_v3(void* handle, FakePci* pci) {
    auto bus_id = cards().at(unsigned(index_of(handle))).bus_id;
    std::sscanf(bus_id.c_str(), "%8x:%2x:%2x", &pci->domain, &pci->bus, &pci->device);
    auto answer = answer_of("nvmlDeviceGetPciInfo_v3", index_of(handle));
    return answer != success ? answer : fill(pci->bus_id, sizeof pci->bus_id, bus_id);
}

int nvmlDeviceGetMemoryInfo(void* handle, FakeMemory* memory) {
    auto card = cards().at(unsigned(index_of(handle)));
    memory->total = mebibytes(card.total);
    memory->free = mebibytes(card.free);
    memory->used = memory->total - memory->free;
    return answer_of("nvmlDeviceGetMemoryInfo", index_of(handle));
}

int nvmlDeviceGetMemoryInfo_v2(void* handle, FakeMemoryV2* memory) {
    if (memory->version != (sizeof(FakeMemoryV2) | 2U << 24)) return argument_version_mismatch;
    auto card = cards().at(unsigned(index_of(handle)));
    memory->total = mebibytes(card.total);
    memory->reserved = mebibytes(card.reserved);
    memory->free = mebibytes(card.free);
    memory->used = memory->total - memory->reserved - memory->free;
    return answer_of("nvmlDeviceGetMemoryInfo_v2", index_of(handle));
}

int nvmlDeviceGetUtilizationRates(void* handle, unsigned* percents) {
    auto card = cards().at(unsigned(index_of(handle)));
    if (card.utilization == "-") return 3;
    percents[0] = static_cast<unsigned>(std::stoul(card.utilization));
    percents[1] = 0;
    return answer_of("nvmlDeviceGetUtilizationRates", index_of(handle));
}

int nvmlDeviceGetComputeRunningProcesses_v3(void* handle, unsigned* count, ProcessUse* out) {
    return list("nvmlDeviceGetComputeRunningProcesses_v3", "compute", handle, count, out);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void* handle, unsigned* count, ProcessUse* out) {
    return list("nvmlDeviceGetGraphicsRunningProcesses_v3", "graphics", handle, count, out);
}

}  // extern "C"
#pragma GCC visibility pop
