// A Service with a given clock, two cards and a store that commits when it is told to.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "daemon/service/service.h"

namespace ccd::service {

inline const Caller alice{.uid = 1000, .gid = 1000, .pid = 10, .is_admin = false};
inline const Caller bob{.uid = 1001, .gid = 1001, .pid = 11, .is_admin = false};
inline const Caller root{.uid = 0, .gid = 0, .pid = 12, .is_admin = true};

inline std::vector<SlotRow> default_slots() {
    return {{.min_memory = 20_GiB, .training = 1, .inference = 3},
            {.min_memory = 10_GiB, .training = 1, .inference = 2},
            {.min_memory = Bytes{0}, .training = 1, .inference = 1}};
}

inline std::vector<CardFound> two_cards() {
    return {{.index = 0, .uuid = "GPU-a", .name = "A", .memory = 24_GiB},
            {.index = 1, .uuid = "GPU-b", .name = "B", .memory = 24_GiB}};
}

struct Story {
    Story();
    ~Story();

    // The store is open: these jobs are unfinished on disk.
    void load(std::vector<store::JobRow> jobs, store::Snapshot snapshot = {});

    // Ends the turn: what was decided, with its batch on the way to the store.
    Decisions turn();

    // Everything on the way is on disk; then turns until nothing is decided any more.
    std::vector<Effect> settle();

    store::JobRow row(const Caller& owner, std::uint32_t gpus = 0);

    // Submits and commits; the job may be starting when this returns.
    job::Id submit(store::JobRow job, const std::string& environment = "");

    job::State state(job::Id id);
    // As it was last written.
    store::Progress last_progress(job::Id id);

    // It runs, and has run to its end.
    void run(job::Id id);
    void end(job::Id id, Outcome outcome);

    template <class Kind>
    std::size_t count() const {
        std::size_t found = 0;
        for (const auto& effect : effects) found += std::holds_alternative<Kind>(effect) ? 1 : 0;
        return found;
    }

    Now now{.time = Time{std::chrono::hours{1}},
            .wall = WallTime{std::chrono::hours{24 * 365 * 50}}};
    Service service{JobsConfig{.max_queued_per_user = 100,
                               .max_text_per_user = Bytes{10'000'000},
                               .boot_id = "boot-1"},
                    LedgerConfig{.slots = default_slots(),
                                 .headroom = 512_MiB,
                                 .max_running = 4,
                                 .cores = 8,
                                 .memory = 16_GiB}};
    std::deque<store::BatchId> on_the_way;
    std::vector<store::Write> written;
    std::vector<Effect> effects;  // of the last step
};

}  // namespace ccd::service
