// Whatever happens, in whatever order: no card is promised twice, and every slot comes back.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

#include "tests/daemon/service/measured.h"

namespace ccd::service {
namespace {

using namespace std::chrono_literals;

constexpr Bytes usable = 24064_MiB;

// A machine on which jobs and others come, grow and go, and a ledger that is told of it by looks.
class Machine {
public:
    explicit Machine(unsigned seed) : dice_(seed) {
        for (auto& card : cards_) {
            card.used = Bytes{0};
            card.has_process_list = true;
        }
        look();
    }

    void step() {
        now_ += Millis{throw_dice(4'000)};
        switch (throw_dice(8)) {
            case 0:
            case 1:
                return begin();
            case 2:
                return end();
            case 3:
                return grow();
            case 4:
                return clean_up();
            case 5:
                return intrude();
            default:
                return look();
        }
    }

    void check() const {
        for (const auto& gpu : ledger_.view()) {
            for (const auto& [name, slots] : gpu.slots) BOOST_TEST(slots.used <= slots.max);
            BOOST_TEST((gpu.foreign.value() <= gpu.memory));
            Bytes others;
            for (const auto& process : seen_.at(gpu.uuid))
                if (!process.job) others.count += process.memory->count;
            BOOST_TEST((gpu.foreign.value() >= others));
        }
    }

    void end_all() {
        while (!jobs_.empty()) end();
        for (auto& card : cards_) {
            card.processes.clear();
            card.used = Bytes{0};
        }
        now_ += 1s;
        look();
        for (const auto& gpu : ledger_.view()) {
            for (const auto& [name, slots] : gpu.slots) BOOST_TEST(slots.used == 0U);
            BOOST_TEST(gpu.state == "ok");
            BOOST_TEST((gpu.foreign == Bytes{0}));
        }
        Demand all{.job_class = job::Class::training, .gpu_count = 2, .vram = usable};
        BOOST_TEST(ledger_.find_room(all).has_value());
    }

private:
    struct Job {
        std::string card;
        Demand demand;
    };

    int throw_dice(int sides) { return std::uniform_int_distribution{0, sides - 1}(dice_); }
    Bytes some_memory(int most) {
        return Bytes{static_cast<std::uint64_t>(throw_dice(most)) << 30};
    }
    CardFound& card(const std::string& uuid) {
        return *std::ranges::find(cards_, uuid, &CardFound::uuid);
    }

    void begin() {
        Demand demand{
            .job_class = throw_dice(2) == 0 ? job::Class::training : job::Class::inference,
            .gpu_count = 1,
            .exclusive = throw_dice(8) == 0,
            .vram = some_memory(12)};
        auto room = ledger_.find_room(demand);
        if (!room) return;
        auto id = ++last_job_;
        auto uuid = room->at(0);
        if (demand.vram.count > 0) check_promise(uuid, demand.vram);
        check_company(uuid, demand.exclusive);
        ledger_.take(id, demand, *room, now_);
        jobs_[id] = {.card = uuid, .demand = demand};
    }

    // By what the last look has shown and what has begun since, nothing else is known.
    void check_promise(const std::string& uuid, Bytes more) {
        Bytes taken = more;
        std::map<job::Id, Bytes> measured;
        for (const auto& process : seen_.at(uuid)) {
            if (process.job)
                measured[*process.job].count += process.memory->count;
            else
                taken.count += process.memory->count;
        }
        for (const auto& [id, job] : jobs_)
            if (job.card == uuid) measured[id] = std::max(measured[id], job.demand.vram);
        for (const auto& [id, memory] : measured) taken.count += memory.count;
        BOOST_TEST((taken <= usable));
    }

    void check_company(const std::string& uuid, bool is_exclusive) {
        for (const auto& [id, job] : jobs_)
            if (job.card == uuid) BOOST_TEST((!is_exclusive && !job.demand.exclusive));
    }

    // Its process may stay.
    void end() {
        if (jobs_.empty()) return;
        auto job = jobs_.begin();
        if (jobs_.size() > 1) std::advance(job, throw_dice(static_cast<int>(jobs_.size())));
        ledger_.release(job->first, now_);
        jobs_.erase(job);
    }

    // A job uses what it has declared, or anything.
    void grow() {
        for (const auto& [id, job] : jobs_) {
            auto memory = job.demand.vram.count > 0 ? job.demand.vram : some_memory(4);
            if (throw_dice(2) == 0)
                add(job.card, {.pid = ++last_pid_, .uid = 1, .job = id}, memory);
        }
    }

    void clean_up() {
        for (auto& one : cards_)
            std::erase_if(one.processes, [&](const auto& process) {
                auto is_gone =
                    (!process.job || !jobs_.contains(*process.job)) && throw_dice(2) == 0;
                if (is_gone) one.used->count -= process.memory->count;
                return is_gone;
            });
    }

    void intrude() {
        auto knows_uid = throw_dice(2) == 0;
        add(throw_dice(2) == 0 ? "GPU-a" : "GPU-b",
            {.pid = ++last_pid_, .uid = knows_uid ? std::optional{2U} : std::nullopt},
            some_memory(6));
    }

    void add(const std::string& uuid, host::GpuProcess process, Bytes memory) {
        auto& where = card(uuid);
        if (where.used->count + memory.count > where.memory.count) return;
        where.used->count += memory.count;
        process.memory = memory;
        where.processes.push_back(std::move(process));
    }

    void look() {
        ledger_.set_cards(cards_, now_);
        for (const auto& one : cards_) seen_[one.uuid] = one.processes;
    }

    std::mt19937 dice_;
    Time now_{std::chrono::hours{1}};
    std::vector<CardFound> cards_ = two_cards();
    std::map<std::string, std::vector<host::GpuProcess>> seen_;
    std::map<job::Id, Job> jobs_;
    job::Id last_job_ = 0;
    std::int64_t last_pid_ = 0;
    Ledger ledger_{LedgerConfig{.slots = default_slots(), .headroom = 512_MiB, .settle = 5s}};
};

BOOST_AUTO_TEST_SUITE(promise_suite)

BOOST_AUTO_TEST_CASE(no_memory_is_promised_twice_and_every_slot_comes_back) {
    for (unsigned seed = 1; seed <= 100; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Machine machine{seed};
            for (int i = 0; i < 300; ++i) {
                machine.step();
                machine.check();
            }
            machine.end_all();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
