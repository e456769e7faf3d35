// What the administrator decides: every key of the configuration, once.
//
// The struct holds the values, with their defaults; the table below it says of each key its name,
// its member, whether it may change while ccd runs, what it is for, and its bounds. Reading,
// `--set`, reloading and etc/ccd.toml are loops over the table. A key stands here only if ccd acts
// on it.
//
// Sources, each overriding what came before: the defaults of the instance, ccd.toml, conf.d/*.toml
// by name, `--set`. A list (gpu.device, gpu.slots) is replaced whole; of named tables (pools) each
// is replaced by the next of its name.
//
// Owner: the daemon. Units are in the types.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ccd/field.h"
#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/gpu/probe.h"

namespace ccd::daemon {

// Permission bits, written in octal.
struct FileMode {
    std::uint32_t bits = 0;
    bool operator==(const FileMode&) const = default;
};

enum class ExecutorChoice : std::uint8_t {
    automatic,  // what fits this host
    process,    // a shim per job, as our own user
    systemd,    // a transient service per job, as its user
};

constexpr auto enumerators(ExecutorChoice) {
    return std::array{
        Enumerator{ExecutorChoice::automatic, "auto"},
        Enumerator{ExecutorChoice::process, "process"},
        Enumerator{ExecutorChoice::systemd, "systemd"},
    };
}

enum class GpuSource : std::uint8_t {
    automatic,   // nvml where its library can be loaded, else none
    nvml,        // the NVIDIA driver
    fixed_list,  // gpu.device
    none,        // this machine has no cards
};

constexpr auto enumerators(GpuSource) {
    return std::array{
        Enumerator{GpuSource::automatic, "auto"},
        Enumerator{GpuSource::nvml, "nvml"},
        Enumerator{GpuSource::fixed_list, "static"},
        Enumerator{GpuSource::none, "none"},
    };
}

enum class GpuPolicy : std::uint8_t {
    spread,  // the least loaded card first
    pack,    // the fullest that still fits first
};

constexpr auto enumerators(GpuPolicy) {
    return std::array{
        Enumerator{GpuPolicy::spread, "spread"},
        Enumerator{GpuPolicy::pack, "pack"},
    };
}

// How many jobs of a class a card may have, if it has this much memory.
struct SlotRow {
    Bytes min_memory;
    std::uint32_t training = 1;
    std::uint32_t inference = 1;
    bool operator==(const SlotRow&) const = default;
};

// How many jobs of a pool run at once.
struct Pool {
    std::uint32_t size = 0;
    bool operator==(const Pool&) const = default;
};

// Tables [section.NAME], whose names the administrator chooses.
template <class Row>
using Named = std::map<std::string, Row>;

struct Config {
    bool is_of_user = false;  // an instance of one user's, not the machine's; no key
    std::filesystem::path socket = "/run/ccd/ccd.sock";
    std::filesystem::path state_dir = "/var/lib/ccd";
    std::filesystem::path runtime_dir = "/run/ccd";
    std::uint32_t max_connections = 2048;
    std::uint32_t max_connections_per_user = 1024;
    std::string socket_group = "ccd";
    FileMode socket_mode{0660};

    std::uint32_t retry_attempts = 3;
    Millis retry_delay{2'000};
    // How long jobs of an earlier daemon are looked for before clients are answered. Not a key: it
    // differs in tests only.
    Millis adopt_patience{30'000};
    Millis hang_after{5'000};

    ExecutorChoice executor = ExecutorChoice::automatic;
    std::uint32_t max_running = 0;
    Millis stop_grace{10'000};
    std::uint32_t max_queued_per_user = 1'000'000;
    Millis ageing{std::chrono::hours{12}};
    Millis share_half_life{std::chrono::hours{7 * 24}};
    Millis history{30 * 24 * std::int64_t{3'600'000}};
    Bytes log_limit = 1_GiB;

    GpuSource gpu_source = GpuSource::automatic;
    std::string gpu_library = "libnvidia-ml.so.1";
    Bytes gpu_headroom = 512_MiB;
    GpuPolicy gpu_policy = GpuPolicy::spread;
    Millis gpu_settle{30'000};
    std::vector<gpu::Device> gpu_devices;  // of each only what device_keys has is set
    std::vector<SlotRow> gpu_slots{{.min_memory = 20_GiB, .training = 1, .inference = 3},
                                   {.min_memory = 10_GiB, .training = 1, .inference = 2},
                                   {.min_memory = Bytes{0}, .training = 1, .inference = 1}};

    std::int32_t inference_priority = 3;
    std::int32_t training_priority = 5;
    std::int32_t cpu_priority = 5;

    Named<Pool> pools;

    Bytes queues_memory = 1_GiB;
    Bytes queues_memory_per_user = 256_MiB;

    bool operator==(const Config&) const = default;
};

// A member that has one value. Its type says how the value is written.
template <class Owner>
using Scalar =
    std::variant<std::string Owner::*, std::filesystem::path Owner::*, FileMode Owner::*,
                 std::uint32_t Owner::*, std::int32_t Owner::*, Millis Owner::*, Bytes Owner::*,
                 ExecutorChoice Owner::*, GpuSource Owner::*, GpuPolicy Owner::*>;

using Member = std::variant<Scalar<Config>, std::vector<gpu::Device> Config::*,
                            std::vector<SlotRow> Config::*, Named<Pool> Config::*>;

// Both ends are allowed. Of a number its value, of a duration its milliseconds, of a size its
// bytes, of a text, of a list and of named tables the length.
struct Range {
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

enum class Reload : std::uint8_t { live, restart };

struct Key {
    std::string_view name;
    Member member;
    Reload reload;
    std::string_view doc;  // one line, no full stop
    Range range;
};

template <class Value>
consteval Key key(std::string_view name, Value Config::*member, Reload reload, std::string_view doc,
                  Range range = {}) {
    return Key{name, member, reload, doc, range};
}

inline constexpr std::int64_t milliseconds_per_hour = 3'600'000;

inline constexpr std::array keys{
    // The kernel takes no longer path for a socket.
    key("daemon.socket", &Config::socket, Reload::restart, "Socket that clients connect to",
        {1, 107}),
    key("daemon.state_dir", &Config::state_dir, Reload::restart,
        "Directory of the database and the output of jobs, for one ccd alone", {1, 2000}),
    key("daemon.runtime_dir", &Config::runtime_dir, Reload::restart,
        "Directory of what need not survive a reboot", {1, 2000}),
    key("daemon.max_connections", &Config::max_connections, Reload::live, "Clients at once",
        {1, 1'000'000}),
    key("daemon.max_connections_per_user", &Config::max_connections_per_user, Reload::live,
        "Clients of one user at once", {1, 1'000'000}),
    key("daemon.socket_group", &Config::socket_group, Reload::restart,
        "Group that may connect; empty: the group of ccd itself", {0, 32}),
    key("daemon.socket_mode", &Config::socket_mode, Reload::restart,
        "Permissions of the socket; 0600 if there is no such group"),

    key("storage.retry_attempts", &Config::retry_attempts, Reload::restart,
        "How often a commit that failed is tried again before storage counts as down", {1, 100}),
    key("storage.retry_delay", &Config::retry_delay, Reload::restart, "Time between these attempts",
        {0, milliseconds_per_hour}),
    key("storage.hang_after", &Config::hang_after, Reload::restart,
        "A disk that says nothing for longer counts as failed", {100, 20'000}),

    key("jobs.executor", &Config::executor, Reload::restart,
        "What runs jobs: systemd, process, or auto: systemd where it is there"),
    key("jobs.max_running", &Config::max_running, Reload::live,
        "Jobs without cards at once; 0: 64 per core", {0, 1'000'000}),
    key("jobs.stop_grace", &Config::stop_grace, Reload::live,
        "Time between SIGTERM and SIGKILL when a job is stopped", {0, 24 * milliseconds_per_hour}),
    key("jobs.max_queued_per_user", &Config::max_queued_per_user, Reload::live,
        "Unfinished jobs of one user", {1, 100'000'000}),
    key("jobs.ageing", &Config::ageing, Reload::live,
        "Waiting this long makes a job more urgent by 1; 0s: never",
        {0, 365 * 24 * milliseconds_per_hour}),
    key("jobs.share_half_life", &Config::share_half_life, Reload::live,
        "After this time half of what a user has had of the cards is forgotten",
        {60'000, 365 * 24 * milliseconds_per_hour}),
    key("jobs.history", &Config::history, Reload::live,
        "How long finished jobs, their events and their output are kept; 0s: for ever",
        {0, 100 * 365 * 24 * milliseconds_per_hour}),
    key("jobs.log_limit", &Config::log_limit, Reload::live,
        "Output of an attempt that is kept on disk, its head and its tail; 0: all of it",
        {0, std::int64_t{1} << 50}),

    key("gpu.source", &Config::gpu_source, Reload::restart,
        "Who knows the cards: auto, nvml, static (the list gpu.device) or none"),
    key("gpu.library", &Config::gpu_library, Reload::restart,
        "NVIDIA's management library, by name or path", {1, 2000}),
    key("gpu.headroom", &Config::gpu_headroom, Reload::live,
        "Memory of each card that no job is given", {0, std::int64_t{1} << 40}),
    key("gpu.policy", &Config::gpu_policy, Reload::live,
        "Which of the cards that fit: spread (the least loaded) or pack (the fullest)"),
    key("gpu.settle", &Config::gpu_settle, Reload::live,
        "A job that declared no memory uses what it uses once that has not grown for so long",
        {0, milliseconds_per_hour}),
    key("gpu.device", &Config::gpu_devices, Reload::live,
        "A card, for source = \"static\"; one table for each, in the order of their indices",
        {0, 64}),
    key("gpu.slots", &Config::gpu_slots, Reload::live,
        "Jobs of a class at once on a card; the first row whose min_memory fits the card counts",
        {0, 64}),

    key("classes.inference.priority", &Config::inference_priority, Reload::live,
        "Priority of jobs that ask for none; smaller is more urgent", {-1'000'000, 1'000'000}),
    key("classes.training.priority", &Config::training_priority, Reload::live,
        "Priority of jobs that ask for none; smaller is more urgent", {-1'000'000, 1'000'000}),
    key("classes.cpu.priority", &Config::cpu_priority, Reload::live,
        "Priority of jobs that ask for none; smaller is more urgent", {-1'000'000, 1'000'000}),

    key("pools", &Config::pools, Reload::live,
        "How many of the jobs submitted with --pool NAME run at once; one table for each pool",
        {0, 1'000}),

    key("queues.max_memory", &Config::queues_memory, Reload::live, "Memory of all queues together",
        {0, std::int64_t{1} << 50}),
    key("queues.max_memory_per_user", &Config::queues_memory_per_user, Reload::live,
        "Memory of one user's queues together; root's and ccd's own user's are not limited",
        {0, std::int64_t{1} << 50}),
};

// A key inside a row of a list.
template <class Row>
struct RowKey {
    std::string_view name;
    Scalar<Row> member;
    Range range;
    bool is_required;
};

inline constexpr std::array device_keys{
    RowKey<gpu::Device>{"uuid", &gpu::Device::uuid, {1, 80}, true},
    RowKey<gpu::Device>{"memory", &gpu::Device::memory, {1 << 20, std::int64_t{1} << 50}, true},
    RowKey<gpu::Device>{"name", &gpu::Device::name, {0, 96}, false},
    RowKey<gpu::Device>{"node", &gpu::Device::node, {0, 2000}, false},
};
inline constexpr std::array slot_keys{
    RowKey<SlotRow>{"min_memory", &SlotRow::min_memory, {0, std::int64_t{1} << 50}, true},
    RowKey<SlotRow>{"training", &SlotRow::training, {0, 1000}, true},
    RowKey<SlotRow>{"inference", &SlotRow::inference, {0, 1000}, true},
};
inline constexpr std::array pool_keys{
    RowKey<Pool>{"size", &Pool::size, {1, 1'000'000}, true},
};

constexpr const auto& row_keys(const std::vector<gpu::Device>&) {
    return device_keys;
}
constexpr const auto& row_keys(const std::vector<SlotRow>&) {
    return slot_keys;
}
constexpr const auto& row_keys(const Named<Pool>&) {
    return pool_keys;
}

// Null where there is no such key.
const Key* find_key(std::string_view name);

// The configuration files of a directory: ccd.toml and conf.d/*.toml by name, those that are there.
Result<std::vector<std::filesystem::path>> config_files(const std::filesystem::path& directory);

// Reads the files, which must be there, then the settings (KEY=VALUE; text needs no quotes). An
// error says the place, the key and what is allowed.
Result<Config> load_config(Config defaults, std::span<const std::filesystem::path> files,
                           std::span<const std::string> settings);

// Refuses a pool that is not configured, with the nearest that is.
Result<void> check_pool(const Config& config, std::string_view name);

// A key's value as it stands in a file.
std::string to_toml(const Config& config, const Key& key);

// A fresh configuration met by a daemon that runs.
struct Reloaded {
    Config config;                               // as running, but for the live keys
    std::vector<std::string_view> need_restart;  // keys that changed to no avail
};
Reloaded reload(const Config& running, const Config& fresh);

}  // namespace ccd::daemon
