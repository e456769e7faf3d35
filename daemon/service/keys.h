// Which job a key belongs to, for all jobs on record.
//
// Kept small: a 64-bit hash of user and key, and the job. So a hit only says that it may be that
// job; its row decides.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ccd/job.h"
#include "daemon/service/sorted_blocks.h"

namespace ccd::service {

class Keys {
public:
    void add(std::uint32_t uid, std::string_view key, job::Id job);

    void remove(std::uint32_t uid, std::string_view key, job::Id job);

    // The jobs that may have it.
    std::vector<job::Id> find(std::uint32_t uid, std::string_view key) const;

private:
    struct Entry {
        std::uint64_t hash = 0;
        job::Id job = 0;
        auto operator<=>(const Entry&) const = default;
    };

    SortedBlocks<Entry> entries_;
};

}  // namespace ccd::service
