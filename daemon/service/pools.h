// How many jobs of a pool, or of an array, may run at once, and how many do.
//
// A pool is a name in the configuration with a size; a job is in one at most. A job whose pool or
// array is full waits for its own, and holds up nobody else.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ccd/host.h"
#include "ccd/job.h"
#include "daemon/service/findings.h"
#include "daemon/store/batch.h"

namespace ccd::service {

class Pools {
public:
    using Sizes = std::map<std::string, std::uint32_t, std::less<>>;

    // A pool that is no longer named has no place for anybody.
    void set_sizes(Sizes sizes) { sizes_ = std::move(sizes); }

    // Begins anew: nobody waits, nobody runs.
    void clear();

    void enqueue(const store::JobRow& row);
    void dequeue(const store::JobRow& row);
    void begin(const store::JobRow& row);
    void end(const store::JobRow& row);

    bool is_full(const store::JobRow& row) const;
    // What of a job's is full.
    std::vector<job::Blocker> explain(const store::JobRow& row) const;

    std::map<std::string, host::PoolStats> stats() const;

    // Whether it is these that run.
    void compare(std::span<const store::JobRow* const> alive, Findings& findings) const;

private:
    struct Use {
        std::uint64_t queued = 0;
        std::uint32_t running = 0;
        bool operator==(const Use&) const = default;
    };

    bool is_pool_full(const store::JobRow& row) const;
    bool is_array_full(const store::JobRow& row) const;
    Use use_of(std::string_view pool) const;
    std::uint32_t size_of(std::string_view pool) const;

    Sizes sizes_;
    std::map<std::string, Use, std::less<>> use_;          // of those that anybody is in
    std::unordered_map<job::Id, std::uint32_t> of_array_;  // running, by array
};

}  // namespace ccd::service
