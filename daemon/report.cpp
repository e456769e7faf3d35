// What the daemon says of itself: health, figures, one line for the service manager.
#include "daemon/daemon.h"
#include "daemon/sys/machine.h"

namespace ccd::daemon {
namespace {

constexpr std::string_view healthy = "healthy";
constexpr std::string_view degraded = "degraded";

// The quantile of durations that are known by class only: the upper end of its class, in seconds.
double quantile(const store::Statistics& statistics, double share) {
    auto rank = static_cast<std::uint64_t>(share * static_cast<double>(statistics.commits));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < store::commit_bounds.size(); ++i) {
        seen += statistics.commit_times[i];
        if (seen > rank) return static_cast<double>(store::commit_bounds[i].count()) * 1e-6;
    }
    return statistics.commits == 0
               ? 0
               : static_cast<double>(store::commit_bounds.back().count()) * 1e-6;
}

std::string describe_cards(const host::GpuStats& cards, std::string_view source) {
    auto text = std::to_string(cards.cards) +
                (cards.cards == 1 ? " card, from " : " cards, from ") + std::string{source};
    if (cards.paused > 0)
        text += ", " + std::to_string(cards.paused) + " given to nobody ('ccctl gpus' says why)";
    return text;
}

}  // namespace

host::HealthReply Daemon::health(Now now) const {
    auto is_up = service_.is_store_up();
    const auto& paused = service_.ledger.paused();
    const auto& away = service_.jobs.paused();
    auto cards = service_.ledger.stats();
    auto has_all_cards = paused.empty() && cards.paused == 0;
    auto part = [](std::string name, std::string_view status, std::string detail) {
        return host::Part{
            .name = std::move(name), .status = std::string{status}, .detail = std::move(detail)};
    };
    host::HealthReply reply{
        .status = std::string{is_up && has_all_cards && away.empty() && unaccounted_.empty() &&
                                      queues_.trouble().empty()
                                  ? healthy
                                  : degraded},
        .database = is_up ? "connected" : "disconnected",
        .executor = std::string{executor_->name()},
        .gpu = !paused.empty()    ? "paused"
               : cards.cards == 0 ? "none"
                                  : "ok",
        .timestamp = now.wall,
    };
    reply.parts.push_back(part("store", is_up ? healthy : degraded,
                               is_up       ? "every change is on disk before it is confirmed"
                               : is_ready_ ? store_trouble_
                                           : "what is on record is being read"));
    reply.parts.push_back(
        part("executor", away.empty() ? healthy : degraded,
             away.empty() ? executor_->describe() : "no job can be started for now: " + away));
    reply.parts.push_back(part("gpu", has_all_cards ? healthy : degraded,
                               paused.empty() ? describe_cards(cards, watcher_->name()) : paused));
    auto of_jobs = service_.jobs.is_draining() ? "draining: no job is started" : status_line();
    if (!unaccounted_.empty())
        of_jobs = "not found yet of those that an earlier daemon began: " +
                  std::to_string(unaccounted_.size());
    reply.parts.push_back(
        part("jobs", unaccounted_.empty() ? healthy : degraded, std::move(of_jobs)));
    const auto& of_queues = queues_.trouble();
    reply.parts.push_back(
        part("queues", of_queues.empty() ? healthy : degraded,
             of_queues.empty() ? "what is in them outlives the daemon" : of_queues));
    return reply;
}

host::StatsReply Daemon::stats(Now now) const {
    auto statistics = store_->statistics();
    const auto& figures = turn_->figures();
    return {
        .jobs = service_.jobs.stats(now),
        .requests = {.total = figures.requests,
                     .errors = figures.errors,
                     .latency = figures.latency.quantiles(),
                     .connections = clients_->size(),
                     .refused_connections = clients_->refused(),
                     .dropped_connections = clients_->dropped()},
        .gpus = service_.ledger.stats(),
        .pools = service_.jobs.pool_stats(),
        .queues = queue_stats(),
        .storage = {.state = service_.is_store_up() ? "up" : "down",
                    .commits = statistics.commits,
                    .commit = {.p50 = quantile(statistics, 0.5), .p99 = quantile(statistics, 0.99)},
                    .retries = statistics.retries},
        .memory = sys::resident_memory(),
        .uptime = std::chrono::duration_cast<Millis>(now.time - began_),
    };
}

host::QueueStats Daemon::queue_stats() const {
    host::QueueStats stats{.memory = service_.queues.memory()};
    for (const auto* queue : service_.queues.all()) {
        const auto figures = queues_.figures(queue->row.id);
        ++stats.count;
        stats.attached += queue->users.size();
        stats.depth += figures.depth;
        stats.put += figures.put;
        stats.got += figures.got;
        stats.dropped += figures.dropped;
        stats.lost += figures.lost;
        stats.redelivered += figures.redelivered;
    }
    return stats;
}

std::string Daemon::status_line() const {
    auto jobs = service_.jobs.stats(Now{});
    return "running " + std::to_string(jobs.running + jobs.starting) + ", queued " +
           std::to_string(jobs.queued) + ", store " + (service_.is_store_up() ? "up" : "down");
}

}  // namespace ccd::daemon
