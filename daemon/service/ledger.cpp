#include "daemon/service/ledger.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <tuple>
#include <utility>

namespace ccd::service {
namespace {

std::size_t at(job::Class job_class) {
    return static_cast<std::size_t>(job_class);
}

// Cards that differ by less are equally full: a few MiB of a display must not decide.
std::uint64_t fullness(const Card& card) {
    constexpr std::uint64_t steps = 8;
    auto memory = std::max<std::uint64_t>(card.found().memory.count, 1);
    return std::min(card.taken().count, memory) / (memory / steps + 1);
}

}  // namespace

Card::PerClass Ledger::slots_for(Bytes memory) const {
    auto row = std::ranges::find_if(
        config_.slots, [&](const SlotRow& slots) { return slots.min_memory <= memory; });
    Card::PerClass max{};
    if (row != config_.slots.end()) {
        max[at(job::Class::training)] = row->training;
        max[at(job::Class::inference)] = row->inference;
    }
    return max;
}

void Ledger::set_cards(const std::vector<CardFound>& found, Time asked) {
    explained_.clear();
    paused_.clear();
    for (auto& [uuid, card] : cards_)
        if (std::ranges::find(found, uuid, &CardFound::uuid) == found.end()) card.lose();
    for (const auto& one : found) {
        auto& card = cards_[one.uuid];
        card.see(one, asked, config_.settle);
        card.set_slots(slots_for(one.memory));
    }
    std::erase_if(cards_, [](const auto& entry) {
        return !entry.second.is_present() && entry.second.holds().empty();
    });
}

void Ledger::pause_cards(std::string why) {
    explained_.clear();
    paused_ = std::move(why);
}

Bytes Ledger::usable(const Card& card) const {
    return minus(card.found().memory, config_.headroom);
}

Bytes Ledger::free(const Card& card) const {
    return minus(usable(card), card.taken());
}

bool Ledger::is_wanted(const Card& card, const Demand& demand) const {
    return demand.gpu.empty() ||
           std::ranges::find(demand.gpu, card.found().uuid) != demand.gpu.end();
}

bool Ledger::fits(const Card& card, const Demand& demand) const {
    auto slot = at(demand.job_class);
    auto has_room = demand.vram.count == 0 || (!card.is_settling() && demand.vram <= free(card));
    return card.is_present() && !card.is_quarantined() && is_wanted(card, demand) &&
           card.used()[slot] < card.max()[slot] && !card.is_exclusive() &&
           !(demand.exclusive && !card.holds().empty()) && has_room;
}

bool Ledger::host_fits(const Demand& demand) const {
    return (demand.gpu_count > 0 || running_without_cards_ < config_.max_running) &&
           (demand.cpus == 0 || cpus_used_ + demand.cpus <= config_.cores) &&
           (demand.memory.count == 0 ||
            demand.memory.count <= minus(config_.memory, memory_used_).count);
}

Result<void> Ledger::can_ever(const Demand& demand) const {
    if (demand.cpus > config_.cores)
        return failure(Errc::bad_request, "needs " + std::to_string(demand.cpus) +
                                              " cores; this machine has " +
                                              std::to_string(config_.cores));
    if (demand.memory > config_.memory)
        return failure(
            Errc::bad_request,
            "needs " + gib(demand.memory) + " of memory; this machine has " + gib(config_.memory));
    // What is not known cannot be refused: the job waits, and `why` says so.
    if (demand.gpu_count == 0 || !paused_.empty()) return {};

    std::uint32_t able = 0;
    std::string short_of;
    for (const auto& [uuid, card] : cards_) {
        auto vacant = card.vacant();
        if (!card.is_present() || !is_wanted(card, demand)) continue;
        if (fits(vacant, demand))
            ++able;
        else
            short_of += "; " + what_is_short(vacant, demand);
    }
    if (able >= demand.gpu_count) return {};
    return failure(Errc::bad_request, "can never run here: needs " + what_is_needed(demand) +
                                          ", and " + std::to_string(able) + " of " +
                                          std::to_string(cards_.size()) +
                                          " would do even when idle" + short_of);
}

Result<std::string> Ledger::find_card(const std::string& name) const {
    if (cards_.contains(name)) return name;
    std::uint32_t index = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error == std::errc{} && end == name.data() + name.size())
        for (const auto& [uuid, card] : cards_)
            if (card.is_present() && card.found().index == index) return uuid;
    if (!paused_.empty())
        return failure(Errc::conflict, "which card '" + name + "' is cannot be said now (" +
                                           paused_ +
                                           "): name it by its UUID, or submit again later");
    return failure(Errc::bad_request, "there is no card '" + name + "'; 'ccctl gpus' lists them");
}

std::optional<std::vector<std::string>> Ledger::find_room(
    const Demand& demand, std::span<const Ledger* const> beside) const {
    auto fits_host = [&](const Ledger* ledger) { return ledger->host_fits(demand); };
    if (!host_fits(demand) || !std::ranges::all_of(beside, fits_host)) return std::nullopt;
    if (demand.gpu_count == 0) return std::vector<std::string>{};
    if (!paused_.empty()) return std::nullopt;

    std::vector<const Card*> able;
    for (const auto& [uuid, card] : cards_) {
        auto fits_card = [&, &name = uuid](const Ledger* ledger) {
            return ledger->fits(ledger->cards_.at(name), demand);
        };
        if (fits(card, demand) && std::ranges::all_of(beside, fits_card)) able.push_back(&card);
    }
    if (able.size() < demand.gpu_count) return std::nullopt;

    rank(able);
    std::vector<std::string> uuids;
    for (const auto* card : able | std::views::take(demand.gpu_count))
        uuids.push_back(card->found().uuid);
    return uuids;
}

// Those to be taken first come first.
void Ledger::rank(std::vector<const Card*>& able) const {
    auto last_take = [&](const Card* card) {
        auto found = taken_at_.find(card->found().uuid);
        return found == taken_at_.end() ? 0 : found->second;
    };
    auto load = [&](const Card* card) {
        return std::tuple{card->holds().size(), fullness(*card), last_take(card),
                          card->found().index};
    };
    auto room = [](const Card* card) {
        return std::tuple{~fullness(*card), ~card->holds().size(), card->found().index};
    };
    if (config_.policy == Policy::spread)
        std::ranges::sort(able, {}, load);
    else
        std::ranges::sort(able, {}, room);
}

bool Ledger::has_room_without_jobs(const Demand& demand) const {
    if (demand.gpu_count == 0) return config_.max_running > 0;
    if (!paused_.empty()) return false;
    auto able = std::ranges::count_if(cards_, [&](const auto& entry) {
        const auto& card = entry.second;
        return card.is_present() && !card.is_quarantined() && is_wanted(card, demand) &&
               card.max()[at(demand.job_class)] > 0 &&
               demand.vram <= minus(usable(card), card.foreign().value_or(Bytes{}));
    });
    return std::cmp_greater_equal(able, demand.gpu_count);
}

const Ledger::Holding* Ledger::holding(job::Id job) const {
    auto holding = holdings_.find(job);
    return holding == holdings_.end() ? nullptr : &holding->second;
}

std::vector<job::Id> Ledger::holders() const {
    std::vector<job::Id> jobs;
    for (const auto& [job, holding] : holdings_) jobs.push_back(job);
    return jobs;
}

std::vector<std::string> Ledger::differences() const {
    std::uint64_t without_cards = 0;
    std::uint64_t cpus = 0;
    std::uint64_t memory = 0;
    for (const auto& [job, holding] : holdings_) {
        if (holding.demand.gpu_count == 0) ++without_cards;
        cpus += holding.demand.cpus;
        memory += holding.demand.memory.count;
    }
    std::vector<std::string> found;
    auto compare = [&found](std::string_view what, std::uint64_t counted, std::uint64_t held) {
        if (counted != held)
            found.push_back(std::string{what} + ": " + std::to_string(counted) +
                            " are counted, and jobs have " + std::to_string(held));
    };
    compare("jobs without cards", running_without_cards_, without_cards);
    compare("cores", cpus_used_, cpus);
    compare("bytes of memory", memory_used_.count, memory);
    return found;
}

void Ledger::assume_later() {
    explained_.clear();
    for (auto& [uuid, card] : cards_) card.assume_later();
}

void Ledger::assume_ended(job::Id job) {
    const auto* had = holding(job);
    if (had == nullptr) return;
    for (const auto& uuid : had->cards) cards_.at(uuid).assume_ended(job);
    give_back(job);
}

void Ledger::assume_running(job::Id job, const Holding& holding) {
    for (const auto& uuid : holding.cards) cards_.at(uuid).assume_used(holding.demand.vram);
    take(job, holding.demand, holding.cards);
    assume_later();
}

void Ledger::take(job::Id job, const Demand& demand, const std::vector<std::string>& cards,
                  Time now) {
    explained_.clear();
    auto [at, is_new] = holdings_.try_emplace(job, Holding{demand, cards});
    if (!is_new) return;
    count(at->second, +1);
    Share share{
        .job_class = demand.job_class, .is_exclusive = demand.exclusive, .declared = demand.vram};
    for (const auto& uuid : cards) {
        auto [where, is_unknown] = cards_.try_emplace(uuid);
        if (is_unknown) where->second.set_uuid(uuid);
        where->second.take(job, share, now);
        taken_at_[uuid] = ++takes_;
    }
}

void Ledger::give_back(job::Id job) {
    explained_.clear();
    for (auto& [uuid, card] : cards_) card.give_back(job);
    auto at = holdings_.find(job);
    if (at == holdings_.end()) return;
    count(at->second, -1);
    holdings_.erase(at);
}

bool Ledger::release(job::Id job, Time now) {
    explained_.clear();
    auto at = holdings_.find(job);
    if (at == holdings_.end()) return false;
    auto must_look = false;
    for (const auto& uuid : at->second.cards)
        if (auto card = cards_.find(uuid); card != cards_.end())
            must_look = card->second.release(job, now) || must_look;
    count(at->second, -1);
    holdings_.erase(at);
    return must_look;
}

bool Ledger::is_leaving() const {
    return std::ranges::any_of(cards_, [](const auto& entry) { return entry.second.is_leaving(); });
}

bool Ledger::is_settling() const {
    return std::ranges::any_of(cards_,
                               [](const auto& entry) { return entry.second.is_settling(); });
}

// What a job has besides its cards.
void Ledger::count(const Holding& holding, int sign) {
    auto add = [&](auto& sum, auto amount) {
        sum = static_cast<std::remove_reference_t<decltype(sum)>>(sign > 0 ? sum + amount
                                                                           : sum - amount);
    };
    const auto& demand = holding.demand;
    if (demand.gpu_count == 0) add(running_without_cards_, 1U);
    add(cpus_used_, demand.cpus);
    add(memory_used_.count, demand.memory.count);
}

std::vector<const Card*> Ledger::by_index() const {
    std::vector<const Card*> cards;
    for (const auto& [uuid, card] : cards_) cards.push_back(&card);
    std::ranges::sort(cards, {}, [](const Card* card) { return card->found().index; });
    return cards;
}

std::vector<host::Gpu> Ledger::view() const {
    std::vector<host::Gpu> gpus;
    for (const auto* card : by_index()) gpus.push_back(view(*card));
    return gpus;
}

host::Gpu Ledger::view(const Card& card) const {
    const auto& found = card.found();
    auto jobs = card.jobs();
    auto is_paused = !card.is_present() || !paused_.empty();
    host::Gpu gpu{
        .index = found.index,
        .uuid = found.uuid,
        .name = found.name,
        .memory = found.memory,
        .declared = card.declared(),
        .measured = card.measured(),
        .foreign = card.foreign(),
        .utilization_percent = found.utilization_percent,
        .jobs = {jobs.begin(), jobs.end()},
        .processes = found.processes,
        .state = is_paused               ? "paused"
                 : card.is_quarantined() ? "quarantined"
                                         : "ok",
    };
    if (!paused_.empty())
        gpu.reason = paused_;
    else if (is_paused)
        gpu.reason = "it is gone";
    else if (card.is_quarantined())
        gpu.reason = who_stays(card);
    for (auto job_class : {job::Class::training, job::Class::inference})
        gpu.slots[std::string{to_string(job_class)}] =
            host::Slots{.used = card.used()[at(job_class)], .max = card.max()[at(job_class)]};
    return gpu;
}

host::GpuStats Ledger::stats() const {
    host::GpuStats stats{.cards = cards_.size()};
    for (const auto& [uuid, card] : cards_) {
        if (!card.holds().empty()) ++stats.in_use;
        if (!card.is_present() || card.is_quarantined() || !paused_.empty()) ++stats.paused;
    }
    return stats;
}

}  // namespace ccd::service
