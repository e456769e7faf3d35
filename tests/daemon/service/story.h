// A Service with a given clock, two cards and a store that commits when it is told to.
#pragma once

#include <boost/test/unit_test.hpp>
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
    Story() {
        service.ledger.set_cards(two_cards());
        load({});
    }

    // The store is open: these jobs are unfinished on disk.
    void load(std::vector<store::JobRow> jobs, store::Snapshot snapshot = {}) {
        service.load(std::move(snapshot), now);
        service.load_jobs(std::move(jobs), now);
        service.loaded(now);
    }

    // Ends the turn: what was decided, with its batch on the way to the store.
    Decisions turn() {
        service.tick(now);
        auto taken = service.take(service.current_batch() + (service.has_rows() ? 1 : 0));
        if (!taken.batch.empty()) on_the_way.push_back(taken.batch_id);
        return taken;
    }

    // Everything on the way is on disk; then turns until nothing is decided any more.
    std::vector<Effect> settle() {
        std::vector<Effect> decided;
        do {
            auto taken = turn();
            for (auto& effect : taken.effects) decided.push_back(std::move(effect));
            for (auto& write : taken.batch.writes) written.push_back(std::move(write));
            for (; !on_the_way.empty(); on_the_way.pop_front())
                service.committed(on_the_way.front());
            service.tick(now);
        } while (service.has_decided());
        return decided;
    }

    store::JobRow row(const Caller& owner, std::uint32_t gpus = 0) {
        return {.uid = owner.uid,
                .job_class = gpus > 0 ? job::Class::training : job::Class::cpu,
                .gpu_count = gpus,
                .argv = std::string{"true\0", 5},
                .cwd = "/",
                .progress = {.priority = 5}};
    }

    // Submits and commits; the job may be starting when this returns.
    job::Id submit(store::JobRow job, const std::string& environment = "") {
        auto submitted = service.jobs.submit(std::move(job), environment, Ticket{}, alice, now);
        BOOST_TEST_REQUIRE(submitted.has_value());
        BOOST_TEST_REQUIRE(submitted->has_value());
        effects = settle();
        return (*submitted)->id;
    }

    job::State state(job::Id id) {
        const auto* job = service.jobs.find(id);
        if (job != nullptr) return job->state();
        for (auto write = written.rbegin(); write != written.rend(); ++write)
            if (auto* progress = std::get_if<store::ProgressWrite>(&*write);
                progress != nullptr && progress->id == id)
                return progress->progress.state;
        BOOST_FAIL("there is no such job");
        return {};
    }

    store::Progress last_progress(job::Id id) {
        for (auto write = written.rbegin(); write != written.rend(); ++write)
            if (auto* progress = std::get_if<store::ProgressWrite>(&*write);
                progress != nullptr && progress->id == id)
                return progress->progress;
        BOOST_FAIL("nothing was written of this job");
        return {};
    }

    // It runs, and has run to its end.
    void run(job::Id id) {
        service.jobs.started(id, service.jobs.find(id)->row.progress.attempt, now.wall, now);
        settle();
    }
    void end(job::Id id, Outcome outcome) {
        outcome.at = now.wall;
        service.jobs.ended(id, service.jobs.find(id)->row.progress.attempt, outcome, now);
        effects = settle();
    }

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
