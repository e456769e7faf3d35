// What this machine has, and who has it now: cards, slots, memory, cores.
//
// A card has slots per class and memory. A job fits a card if a slot of its class is free, nobody
// has the card for himself, and the memory is enough:
//
//     free = total - headroom - foreign - sum over our jobs of max(declared, measured)
//
// Beside a job whose use is not yet known, nothing is free for those who declare memory. Slots of
// different classes add up. Of the cards that fit, the least loaded are taken, or the fullest. Jobs
// without cards are bounded by their number and by the cores and memory they declare.
//
// Pure rules. Owner: the Service holds the one Ledger. Loop thread only.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ccd/host.h"
#include "ccd/job.h"
#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/service/card.h"

namespace ccd::service {

// What a job needs in order to run. Jobs with equal demands wait in one line.
struct Demand {
    job::Class job_class = job::Class::cpu;
    std::uint32_t gpu_count = 0;
    bool exclusive = false;
    Bytes vram;
    std::uint32_t cpus = 0;
    Bytes memory;
    std::vector<std::string> gpu;  // cards it insists on, by UUID

    auto operator<=>(const Demand&) const = default;
};

// What a ledger has explained since it last changed: many of the jobs that wait ask for the same.
class Explained {
public:
    static constexpr std::size_t limit = 1'000;  // demands

    Explained() = default;
    // The copy of a ledger, for a forecast, explains nothing.
    Explained(const Explained&) noexcept {}
    Explained& operator=(const Explained&) noexcept {
        clear();
        return *this;
    }
    ~Explained() = default;

    const std::vector<job::Blocker>* find(const Demand& demand) const {
        auto found = known_.find(demand);
        return found == known_.end() ? nullptr : &found->second;
    }
    void add(const Demand& demand, std::vector<job::Blocker> blockers) {
        if (known_.size() == limit) clear();
        known_.emplace(demand, std::move(blockers));
    }
    void clear() { known_.clear(); }

private:
    std::map<Demand, std::vector<job::Blocker>> known_;
};

// How many jobs of a class a card takes, by its memory: the first row that fits counts.
struct SlotRow {
    Bytes min_memory;
    std::uint32_t training = 0;
    std::uint32_t inference = 0;
};

// Which of the cards that fit are taken.
enum class Policy : std::uint8_t {
    spread,  // the least loaded; of equal ones that which was taken longest ago
    pack,    // the fullest, so that whole cards stay free
};

struct LedgerConfig {
    std::vector<SlotRow> slots;
    Bytes headroom;
    Policy policy = Policy::spread;
    Millis settle{30'000};          // use that has not grown for so long is taken for all of it
    std::uint32_t max_running = 0;  // jobs without cards
    std::uint32_t cores = 1;
    Bytes memory;
};

// "1.5 GiB".
std::string gib(Bytes bytes);

class Ledger {
public:
    explicit Ledger(LedgerConfig config) : config_(std::move(config)) {}

    // Counts from the next set_cards on, for slots; for the rest at once.
    void set_config(LedgerConfig config) {
        explained_.clear();
        config_ = std::move(config);
    }

    // The cards as they are now, or were at any time since they were asked for. A card that is gone
    // stays known while a job has it, paused.
    void set_cards(const std::vector<CardFound>& found, Time asked = {});
    // Nothing is known of the cards: none is given out until the next set_cards.
    void pause_cards(std::string why);

    // Refuses, with the arithmetic, what this machine can never give.
    Result<void> can_ever(const Demand& demand) const;

    // The UUID of a card named by UUID or index.
    Result<std::string> find_card(const std::string& name) const;

    // The cards for a job that can run now; empty for one without cards. Nothing: it must wait.
    // `beside` are forecasts of this ledger in which it must have room on these cards as well.
    std::optional<std::vector<std::string>> find_room(
        const Demand& demand, std::span<const Ledger* const> beside = {}) const;

    // Whether it would have room if none of our jobs ran: if not, it waits for something else.
    bool has_room_without_jobs(const Demand& demand) const;

    // What a job has. Null: nothing.
    struct Holding {
        Demand demand;
        std::vector<std::string> cards;
    };
    const Holding* holding(job::Id job) const;
    // Those that have something.
    std::vector<job::Id> holders() const;
    // What is counted and is not the sum of what they have.
    std::vector<std::string> differences() const;

    // For forecasts, on a copy: what leaves is gone, and what settles has settled; a job has ended
    // and its memory is unused, or it has not ended after all.
    void assume_later();
    void assume_ended(job::Id job);
    void assume_running(job::Id job, const Holding& holding);

    // What keeps a job from running now, in the order it was checked; empty: nothing does. Where
    // it has room, or nothing has changed since it was asked before, that is cheap to ask.
    std::vector<job::Blocker> explain(const Demand& demand) const;

    // The job has these cards from now on, whether or not they are free, or even there.
    void take(job::Id job, const Demand& demand, const std::vector<std::string>& cards,
              Time now = {});
    // At once, and with it whatever an earlier attempt has left.
    void give_back(job::Id job);
    // The job has ended. Where its cards are measured, what it had of them comes back when a look
    // that is asked for after `now` shows that it is free: true if one is wanted.
    bool release(job::Id job, Time now);
    // A look is wanted soon: something is not back yet, or somebody's use is not known yet.
    bool is_leaving() const;
    bool is_settling() const;

    std::vector<host::Gpu> view() const;
    host::GpuStats stats() const;
    // "GPU 0, GPU 2".
    std::string names_of(const std::vector<std::string>& cards) const;
    // Empty: the cards are known.
    const std::string& paused() const { return paused_; }

private:
    Card::PerClass slots_for(Bytes memory) const;
    Bytes usable(const Card& card) const;
    Bytes free(const Card& card) const;
    bool is_wanted(const Card& card, const Demand& demand) const;
    bool fits(const Card& card, const Demand& demand) const;
    bool host_fits(const Demand& demand) const;
    void rank(std::vector<const Card*>& able) const;
    static std::string what_is_needed(const Demand& demand);
    std::string what_is_short(const Card& card, const Demand& demand) const;
    std::string what_is_free(const Card& card) const;
    static std::string who_stays(const Card& card);
    host::Gpu view(const Card& card) const;
    std::vector<const Card*> by_index() const;
    std::vector<job::Blocker> find_blockers(const Demand& demand) const;
    std::optional<job::Blocker> explain_cards(const Demand& demand) const;
    void explain_host(const Demand& demand, std::vector<job::Blocker>& blockers) const;
    void count(const Holding& holding, int sign);

    LedgerConfig config_;
    std::map<std::string, Card> cards_;  // by UUID
    std::string paused_ = "the cards have not been looked at yet";
    std::map<job::Id, Holding> holdings_;
    std::map<std::string, std::uint64_t> taken_at_;  // by UUID: which of all takes was its last
    std::uint64_t takes_ = 0;
    std::uint32_t running_without_cards_ = 0;
    std::uint64_t cpus_used_ = 0;
    Bytes memory_used_;
    mutable Explained explained_;  // cleared by every change
};

}  // namespace ccd::service
