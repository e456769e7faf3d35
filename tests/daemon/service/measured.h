// Two cards of 24 GiB on which somebody measures: who is told of changes with the next look.
#pragma once

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/service/ledger.h"
#include "tests/daemon/service/story.h"

namespace ccd::service {

struct Measured {
    Measured() {
        for (auto& card : cards) {
            card.used = Bytes{0};
            card.has_process_list = true;
        }
        look();
    }

    static Demand training(Bytes vram = {}) {
        return {.job_class = job::Class::training, .gpu_count = 1, .vram = vram, .gpu = {"GPU-a"}};
    }
    static Demand inference(Bytes vram = {}) {
        return {.job_class = job::Class::inference, .gpu_count = 1, .vram = vram, .gpu = {"GPU-a"}};
    }

    bool start(job::Id id, const Demand& demand) {
        auto room = ledger.find_room(demand);
        if (room) ledger.take(id, demand, *room, now);
        return room.has_value();
    }
    bool end(job::Id id) { return ledger.release(id, now); }

    // From the next look on, until it is cleared.
    void uses(std::int64_t pid, std::optional<Bytes> memory, std::optional<job::Id> job = {},
              std::optional<std::uint32_t> uid = 1001) {
        auto& card = cards.at(0);
        card.processes.push_back({.pid = pid, .uid = uid, .memory = memory, .job = job});
        if (memory) card.used->count += memory->count;
    }
    void clear() {
        cards.at(0).processes.clear();
        cards.at(0).used = Bytes{0};
    }

    void look() { ledger.set_cards(cards, now); }
    void look(Millis later) {
        now += later;
        look();
    }

    host::Gpu gpu() const { return ledger.view().at(0); }
    std::string why(const Demand& demand) const { return ledger.explain(demand).at(0).message; }

    std::vector<CardFound> cards = two_cards();
    Time now{std::chrono::hours{1}};
    Ledger ledger{LedgerConfig{.slots = default_slots(),
                               .headroom = 512_MiB,
                               .max_running = 2,
                               .cores = 8,
                               .memory = 16_GiB}};
};

}  // namespace ccd::service
