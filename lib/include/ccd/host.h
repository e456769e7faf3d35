// This machine and its daemon, as people see them: cards, figures, health, versions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ccd/command.h"
#include "ccd/field.h"
#include "ccd/time.h"

namespace ccd::host {

struct Ping {
    using Request = Nothing;
    using Reply = Nothing;
    static constexpr CommandInfo info{
        .name = "host.ping",
        .summary = "Ask the daemon for a sign of life",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "ping",
    };
    static constexpr auto request_fields = field::List{};
    static constexpr auto reply_fields = field::List{};
};

struct VersionReply {
    std::string version;
    std::uint32_t protocol = 0;
};

struct Version {
    using Request = Nothing;
    using Reply = VersionReply;
    static constexpr CommandInfo info{
        .name = "host.version",
        .summary = "Show the versions of both ends",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "version",
    };
    static constexpr auto request_fields = field::List{};
    static constexpr auto reply_fields = field::List{
        field::required("version", &Reply::version, "Release of the daemon"),
        field::required("protocol", &Reply::protocol, "Protocol it speaks"),
    };
};

struct Slots {
    std::uint32_t used = 0;
    std::uint32_t max = 0;
    bool operator==(const Slots&) const = default;

    static constexpr auto fields = field::List{
        field::required("used", &Slots::used, "Jobs of the class on the card"),
        field::required("max", &Slots::max, "Jobs of the class it may have"),
    };
};

// A process that uses a card, a job's or not.
struct GpuProcess {
    std::int64_t pid = 0;
    std::optional<std::uint32_t> uid;
    std::optional<std::string> user;
    std::optional<Bytes> memory;
    std::optional<std::uint64_t> job;
    bool operator==(const GpuProcess&) const = default;

    static constexpr auto fields = field::List{
        field::required("pid", &GpuProcess::pid, "Its number, as the driver knows it"),
        field::optional("uid", &GpuProcess::uid, "Its user; absent if no such process is seen"),
        field::optional("user", &GpuProcess::user, "That user's name"),
        field::optional("memory", &GpuProcess::memory, "Memory of the card that it uses"),
        field::optional("job", &GpuProcess::job, "Job that it belongs to"),
    };
};

struct Gpu {
    std::uint32_t index = 0;
    std::string uuid;
    std::string name;
    Bytes memory;
    Bytes declared;
    std::optional<Bytes> measured;
    std::optional<Bytes> foreign;
    std::optional<std::uint32_t> utilization_percent;
    std::map<std::string, Slots> slots;
    std::vector<std::uint64_t> jobs;
    std::vector<GpuProcess> processes;
    std::string state;
    std::optional<std::string> reason;
    bool operator==(const Gpu&) const = default;

    static constexpr auto fields = field::List{
        field::required("index", &Gpu::index, "As in the order of the PCI bus"),
        field::required("uuid", &Gpu::uuid, "Name that stays the same over reboots"),
        field::required("name", &Gpu::name, "Model"),
        field::required("memory", &Gpu::memory, "Memory of the card"),
        field::required("declared", &Gpu::declared, "Declared by the jobs on it"),
        field::optional("measured", &Gpu::measured, "Used by the jobs on it"),
        field::optional("foreign", &Gpu::foreign, "Used by others"),
        field::optional("utilization_percent", &Gpu::utilization_percent, "How busy it is"),
        field::required("slots", &Gpu::slots, "Jobs by class: there are, there may be"),
        field::optional("jobs", &Gpu::jobs, "Jobs on it"),
        field::optional("processes", &Gpu::processes, "Processes that use it"),
        field::required("state", &Gpu::state,
                        "ok; nothing is started on it while it is paused or quarantined"),
        field::optional("reason", &Gpu::reason, "Why nothing is started on it"),
    };
};

struct GpusReply {
    std::vector<Gpu> gpus;
};

struct Gpus {
    using Request = Nothing;
    using Reply = GpusReply;
    static constexpr CommandInfo info{
        .name = "host.gpus",
        .summary = "Show the cards, their slots and their memory",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "gpus",
    };
    static constexpr auto request_fields = field::List{};
    static constexpr auto reply_fields =
        field::List{field::required("gpus", &Reply::gpus, "The cards by index")};
};

// Seconds.
struct Quantiles {
    double p50 = 0;
    double p99 = 0;

    static constexpr auto fields = field::List{
        field::required("p50", &Quantiles::p50, "Half are faster, in seconds"),
        field::required("p99", &Quantiles::p99, "All but one in a hundred are faster"),
    };
};

struct JobStats {
    std::uint64_t held = 0, queued = 0, starting = 0, running = 0, retrying = 0;
    std::uint64_t succeeded = 0, failed = 0, cancelled = 0, timed_out = 0, lost = 0;
    double submits_per_s = 0;
    Quantiles wait;
    bool draining = false;

    static constexpr auto fields = field::List{
        field::required("held", &JobStats::held, "Jobs held now"),
        field::required("queued", &JobStats::queued, "Jobs waiting now"),
        field::required("starting", &JobStats::starting, "Jobs being started now"),
        field::required("running", &JobStats::running, "Jobs running now"),
        field::required("retrying", &JobStats::retrying, "Jobs waiting to be tried again now"),
        field::required("succeeded", &JobStats::succeeded, "Jobs on record that succeeded"),
        field::required("failed", &JobStats::failed, "Jobs on record that failed"),
        field::required("cancelled", &JobStats::cancelled, "Jobs on record that were cancelled"),
        field::required("timed_out", &JobStats::timed_out, "Jobs on record out of time"),
        field::required("lost", &JobStats::lost, "Jobs on record whose end nobody knows"),
        field::required("submits_per_s", &JobStats::submits_per_s, "Over the last minute"),
        field::required("wait_s", &JobStats::wait, "From submit to start, since the daemon began"),
        field::required("draining", &JobStats::draining, "No job is begun, by 'admin drain'"),
    };
};

struct RequestStats {
    std::uint64_t total = 0;
    std::uint64_t errors = 0;
    Quantiles latency;
    std::uint64_t connections = 0;
    std::uint64_t refused_connections = 0;
    std::uint64_t dropped_connections = 0;

    static constexpr auto fields = field::List{
        field::required("total", &RequestStats::total, "Requests since the daemon began"),
        field::required("errors", &RequestStats::errors, "Of these, answered by an error"),
        field::required("latency_s", &RequestStats::latency,
                        "From the request to its reply; without waits and logs"),
        field::required("connections", &RequestStats::connections, "Clients connected now"),
        field::required("refused_connections", &RequestStats::refused_connections,
                        "Connections over the limit"),
        field::required("dropped_connections", &RequestStats::dropped_connections,
                        "Connections closed for garbage or for not reading"),
    };
};

struct GpuStats {
    std::uint64_t cards = 0;
    std::uint64_t in_use = 0;
    std::uint64_t paused = 0;

    static constexpr auto fields = field::List{
        field::required("cards", &GpuStats::cards, "Cards there are"),
        field::required("in_use", &GpuStats::in_use, "Cards with a job of ours"),
        field::required("paused", &GpuStats::paused, "Cards on which nothing is started"),
    };
};

struct PoolStats {
    std::uint32_t size = 0;
    std::uint64_t queued = 0;
    std::uint64_t running = 0;
    double utilization = 0;

    static constexpr auto fields = field::List{
        field::required("size", &PoolStats::size, "Jobs of the pool at once"),
        field::required("queued", &PoolStats::queued, "Jobs of the pool waiting now"),
        field::required("running", &PoolStats::running, "Jobs of the pool started and not ended"),
        field::required("utilization", &PoolStats::utilization, "Running, of its size: 0 to 1"),
    };
};

// Of all that there are now.
struct QueueStats {
    std::uint64_t count = 0;
    std::uint64_t attached = 0;
    std::uint64_t depth = 0;
    std::uint64_t put = 0;
    std::uint64_t got = 0;
    std::uint64_t dropped = 0;
    std::uint64_t lost = 0;
    std::uint64_t redelivered = 0;
    Bytes memory;

    static constexpr auto fields = field::List{
        field::required("count", &QueueStats::count, "Queues there are"),
        field::required("attached", &QueueStats::attached, "How often they are used now"),
        field::required("depth", &QueueStats::depth, "Messages in line"),
        field::required("put", &QueueStats::put, "Messages put so far"),
        field::required("got", &QueueStats::got, "Messages that consumers took so far"),
        field::required("dropped", &QueueStats::dropped, "Messages overwritten in full queues"),
        field::required("lost", &QueueStats::lost, "Messages that went with their consumers"),
        field::required("redelivered", &QueueStats::redelivered, "Messages put in line again"),
        field::required("memory", &QueueStats::memory,
                        "Memory that they claim, and those destroyed that are still used"),
    };
};

struct StorageStats {
    std::string state;
    std::uint64_t commits = 0;
    Quantiles commit;
    std::uint64_t retries = 0;

    static constexpr auto fields = field::List{
        field::required("state", &StorageStats::state, "up or down"),
        field::required("commits", &StorageStats::commits, "Transactions committed"),
        field::required("commit_s", &StorageStats::commit, "Time for one"),
        field::required("retries", &StorageStats::retries, "Commits tried again"),
    };
};

struct StatsReply {
    JobStats jobs;
    RequestStats requests;
    GpuStats gpus;
    std::map<std::string, PoolStats> pools;
    QueueStats queues;
    StorageStats storage;
    Bytes memory;
    Millis uptime{};
};

struct Stats {
    using Request = Nothing;
    using Reply = StatsReply;
    static constexpr CommandInfo info{
        .name = "host.stats",
        .summary = "Show counts, rates and latencies",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "stats",
    };
    static constexpr auto request_fields = field::List{};
    static constexpr auto reply_fields = field::List{
        field::required("jobs", &Reply::jobs, "Jobs"),
        field::required("requests", &Reply::requests, "Requests"),
        field::required("gpus", &Reply::gpus, "Cards"),
        field::required("pools", &Reply::pools, "Pools by name"),
        field::required("queues", &Reply::queues, "Queues in shared memory"),
        field::required("storage", &Reply::storage, "The store"),
        field::required("memory", &Reply::memory, "Resident memory of the daemon"),
        field::required("uptime", &Reply::uptime, "Since the daemon began"),
    };
};

struct Part {
    std::string name;
    std::string status;
    std::string detail;

    static constexpr auto fields = field::List{
        field::required("name", &Part::name, "What"),
        field::required("status", &Part::status, "healthy, degraded or unhealthy"),
        field::required("detail", &Part::detail, "In words"),
    };
};

struct HealthReply {
    std::string status;
    std::string database;
    std::string executor;
    std::string gpu;
    WallTime timestamp{};
    std::vector<Part> parts;
};

struct Health {
    using Request = Nothing;
    using Reply = HealthReply;
    static constexpr CommandInfo info{
        .name = "host.health",
        .summary = "Tell whether all is well: exit 0, 1 degraded, 2 unhealthy",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "health",
    };
    static constexpr auto request_fields = field::List{};
    static constexpr auto reply_fields = field::List{
        field::required("status", &Reply::status, "healthy, degraded or unhealthy"),
        field::required("database", &Reply::database, "connected or disconnected"),
        field::required("executor", &Reply::executor, "process or systemd"),
        field::required("gpu", &Reply::gpu, "ok, paused or none"),
        field::required("timestamp", &Reply::timestamp, "When this was said"),
        field::required("parts", &Reply::parts, "Every part by itself"),
    };
};

}  // namespace ccd::host
