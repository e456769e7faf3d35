#include "tests/bench/variant.h"

#include <algorithm>
#include <array>

#include "tests/bench/contestants.h"
#include "tests/bench/queue/variants.h"
#include "tests/bench/raw_units.h"

namespace ccd::bench {
namespace {

constexpr std::array<std::string_view, 1> rpc_peers{"redis"};
constexpr std::array<std::string_view, 2> submit_peers{"redis-aof", "beanstalkd"};
constexpr std::array<std::string_view, 2> submit_cli_peers{"tsp", "sbatch"};
constexpr std::array<std::string_view, 2> jobs_peers{"bare", "slurm"};
constexpr std::array<std::string_view, 1> raw_units_peers{"raw"};

constexpr std::array<std::string_view, 1> scale_peers{"self-1k"};

constexpr std::string_view scale_note =
    "a million jobs wait, a thousand with self-1k; so many less as --seconds is less than 1";
constexpr std::string_view submit_note =
    "jobs are submitted held, so that the durable submit alone is measured";

constexpr std::array written{
    Variant{.case_name = "rpc",
            .name = "ping-c50",
            .peers = rpc_peers,
            .make = &make_rpc,
            .connections = 50},
    Variant{.case_name = "rpc",
            .name = "ping-c50-p16",
            .peers = rpc_peers,
            .make = &make_rpc,
            .connections = 50,
            .depth = 16},
    Variant{.case_name = "rpc",
            .name = "status-c50",
            .peers = rpc_peers,
            .make = &make_rpc,
            .connections = 50},
    Variant{.case_name = "rpc", .name = "status-c1", .peers = rpc_peers, .make = &make_rpc},
    Variant{.case_name = "submit",
            .name = "c1",
            .peers = submit_peers,
            .make = &make_submit,
            .is_durable = true,
            .note = submit_note},
    Variant{.case_name = "submit",
            .name = "c50",
            .peers = submit_peers,
            .make = &make_submit,
            .connections = 50,
            .is_durable = true,
            .note = submit_note},
    Variant{.case_name = "submit-cli",
            .name = "one",
            .peers = submit_cli_peers,
            .make = &make_submit_cli,
            .is_durable = true,
            .note =
                "a whole process each time, which submits `true`; ccd and tsp run it meanwhile, "
                "Slurm holds it"},
    Variant{.case_name = "jobs",
            .name = "true-process",
            .peers = jobs_peers,
            .make = &make_jobs,
            .is_durable = true},
    Variant{.case_name = "jobs",
            .name = "true-systemd",
            .peers = raw_units_peers,
            .make = &make_jobs,
            .check = &check_systemd,
            .is_durable = true,
            .note = "raw: one loop that starts a transient service, waits, and lets it go"},
    Variant{.case_name = "jobs",
            .name = "latency",
            .peers = {},
            .make = &make_latency,
            .is_durable = true,
            .unit = "s",
            .note = "from before the submit to the first line of the job; value is the p99"},
    Variant{.case_name = "scale",
            .name = "submit-1m",
            .peers = scale_peers,
            .make = &make_scale,
            .is_durable = true,
            .note = scale_note},
    Variant{.case_name = "scale",
            .name = "rss-1m",
            .peers = scale_peers,
            .make = &make_scale,
            .rounds = 1,
            .is_durable = true,
            .unit = "B",
            .note = scale_note},
    Variant{.case_name = "scale",
            .name = "restart-1m",
            .peers = scale_peers,
            .make = &make_scale,
            .rounds = 1,
            .is_durable = true,
            .unit = "s",
            .note = scale_note},
    Variant{.case_name = "scale",
            .name = "list-1m",
            .peers = scale_peers,
            .make = &make_scale,
            .rounds = 1,
            .is_durable = true,
            .unit = "s",
            .note = scale_note},
    Variant{.case_name = "idle", .name = "rss", .peers = {}, .make = &make_idle, .unit = "B"},
    Variant{.case_name = "idle",
            .name = "wakeups",
            .peers = {},
            .make = &make_idle,
            .rounds = 1,
            .unit = "switches",
            .note = "context switches of all threads in ten times --seconds"},
};

template <std::size_t A, std::size_t B>
constexpr auto joined(const std::array<Variant, A>& first, const std::array<Variant, B>& second) {
    std::array<Variant, A + B> all{};
    std::ranges::copy(second, std::ranges::copy(first, all.begin()).out);
    return all;
}

constexpr auto table = joined(written, queue::variants);

std::string all_names() {
    std::string names;
    for (const auto& variant : table) names += "\n  " + variant.full_name();
    return names;
}

}  // namespace

std::span<const Variant> variants() {
    return table;
}

Result<std::vector<const Variant*>> find_variants(const std::vector<std::string>& names) {
    std::vector<const Variant*> found;
    for (const auto& name : names) {
        auto before = found.size();
        for (const auto& variant : table)
            if (name == variant.case_name || name == variant.full_name()) found.push_back(&variant);
        if (found.size() == before)
            return failure(Errc::bad_request,
                           "no case '" + name + "' in this release; there are" + all_names());
    }
    if (names.empty())
        for (const auto& variant : table) found.push_back(&variant);
    return found;
}

Result<void> check_peers(const std::vector<std::string>& names) {
    std::string known;
    std::vector<std::string_view> peers;
    for (const auto& variant : table)
        for (auto peer : variant.peers)
            if (std::ranges::find(peers, peer) == peers.end()) {
                peers.push_back(peer);
                known += " " + std::string{peer};
            }
    for (const auto& name : names)
        if (std::ranges::find(peers, name) == peers.end())
            return failure(Errc::bad_request, "no peer '" + name + "'; there are" + known);
    return {};
}

}  // namespace ccd::bench
