#include "daemon/service/pools.h"

namespace ccd::service {

void Pools::clear() {
    use_.clear();
    of_array_.clear();
}

void Pools::enqueue(const store::JobRow& row) {
    if (!row.pool.empty()) ++use_[row.pool.string()].queued;
}

void Pools::dequeue(const store::JobRow& row) {
    auto use = use_.find(row.pool.view());
    if (use == use_.end()) return;
    --use->second.queued;
    if (use->second == Use{}) use_.erase(use);
}

void Pools::begin(const store::JobRow& row) {
    if (!row.pool.empty()) ++use_[row.pool.string()].running;
    if (row.array != 0) ++of_array_[row.array];
}

void Pools::end(const store::JobRow& row) {
    if (auto use = use_.find(row.pool.view()); use != use_.end()) {
        --use->second.running;
        if (use->second == Use{}) use_.erase(use);
    }
    if (auto array = of_array_.find(row.array); array != of_array_.end() && --array->second == 0)
        of_array_.erase(array);
}

Pools::Use Pools::use_of(std::string_view pool) const {
    auto use = use_.find(pool);
    return use == use_.end() ? Use{} : use->second;
}

std::uint32_t Pools::size_of(std::string_view pool) const {
    auto size = sizes_.find(pool);
    return size == sizes_.end() ? 0 : size->second;
}

bool Pools::is_pool_full(const store::JobRow& row) const {
    return !row.pool.empty() && use_of(row.pool).running >= size_of(row.pool);
}

bool Pools::is_array_full(const store::JobRow& row) const {
    if (row.array == 0 || row.array_limit == 0) return false;
    auto running = of_array_.find(row.array);
    return running != of_array_.end() && running->second >= row.array_limit;
}

bool Pools::is_full(const store::JobRow& row) const {
    return is_pool_full(row) || is_array_full(row);
}

std::vector<job::Blocker> Pools::explain(const store::JobRow& row) const {
    std::vector<job::Blocker> blockers;
    auto say = [&](std::string kind, const std::string& what, std::uint32_t running,
                   std::uint32_t size) {
        blockers.push_back({std::move(kind), what + ": " + std::to_string(running) + " of " +
                                                 std::to_string(size) + " run"});
    };
    if (is_pool_full(row) && !sizes_.contains(row.pool.view()))
        blockers.push_back(
            {"pool", "pool '" + row.pool.string() + "' is no longer in the configuration"});
    else if (is_pool_full(row))
        say("pool", "pool '" + row.pool.string() + "'", use_of(row.pool).running,
            size_of(row.pool));
    if (is_array_full(row))
        say("array", "array " + std::to_string(row.array), of_array_.at(row.array),
            row.array_limit);
    return blockers;
}

std::map<std::string, host::PoolStats> Pools::stats() const {
    std::map<std::string, host::PoolStats> stats;
    for (const auto& [name, size] : sizes_) stats[name].size = size;
    for (const auto& [name, use] : use_) {
        auto& pool = stats[name];
        pool.queued = use.queued;
        pool.running = use.running;
        if (pool.size > 0)
            pool.utilization = static_cast<double>(use.running) / static_cast<double>(pool.size);
    }
    return stats;
}

void Pools::compare(std::span<const store::JobRow* const> alive, Findings& findings) const {
    std::map<std::string, std::uint64_t> of_pool;
    std::map<job::Id, std::uint64_t> of_array;
    for (const auto* row : alive) {
        if (!row->pool.empty()) ++of_pool[row->pool.string()];
        if (row->array != 0) ++of_array[row->array];
    }
    for (const auto& [name, use] : use_) of_pool.try_emplace(name, 0);
    for (const auto& [array, running] : of_array_) of_array.try_emplace(array, 0);
    auto compare = [&](const std::string& what, std::uint64_t counted, std::uint64_t there) {
        if (counted == there) return;
        findings.add("pools", what,
                     std::to_string(counted) + " count as running, and " + std::to_string(there) +
                         " run; a restart of ccd counts anew");
    };
    for (const auto& [name, there] : of_pool)
        compare("pool '" + name + "'", use_of(name).running, there);
    for (const auto& [array, there] : of_array) {
        auto counted = of_array_.find(array);
        compare("array " + std::to_string(array), counted == of_array_.end() ? 0 : counted->second,
                there);
    }
}

}  // namespace ccd::service
