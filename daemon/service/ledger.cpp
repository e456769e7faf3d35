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

Bytes minus(Bytes from, Bytes what) {
    return Bytes{from.count - std::min(from.count, what.count)};
}

}  // namespace

Ledger::PerClass Ledger::slots_for(Bytes memory) const {
    auto row = std::ranges::find_if(
        config_.slots, [&](const SlotRow& slots) { return slots.min_memory <= memory; });
    PerClass max{};
    if (row != config_.slots.end()) {
        max[at(job::Class::training)] = row->training;
        max[at(job::Class::inference)] = row->inference;
    }
    return max;
}

void Ledger::set_cards(const std::vector<CardFound>& found) {
    paused_.clear();
    for (auto& [uuid, card] : cards_) card.is_present = false;
    for (const auto& one : found) {
        auto& card = cards_[one.uuid];
        card.found = one;
        card.max = slots_for(one.memory);
        card.is_present = true;
    }
    std::erase_if(cards_, [](const auto& entry) {
        return !entry.second.is_present && entry.second.jobs.empty();
    });
}

void Ledger::pause_cards(std::string why) {
    paused_ = std::move(why);
}

Bytes Ledger::usable(const Card& card) const {
    return minus(card.found.memory, config_.headroom);
}

Bytes Ledger::free(const Card& card) const {
    return minus(usable(card), std::max(card.declared, card.found.used.value_or(Bytes{})));
}

bool Ledger::is_wanted(const Card& card, const Demand& demand) const {
    return demand.gpu.empty() || std::ranges::find(demand.gpu, card.found.uuid) != demand.gpu.end();
}

bool Ledger::fits(const Card& card, const Demand& demand) const {
    auto slot = at(demand.job_class);
    return card.is_present && is_wanted(card, demand) && card.used[slot] < card.max[slot] &&
           card.exclusive == 0 && !(demand.exclusive && !card.jobs.empty()) &&
           demand.vram <= free(card);
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
        Card vacant{.found = card.found, .max = card.max};
        vacant.found.used.reset();
        if (!card.is_present || !is_wanted(card, demand)) continue;
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
            if (card.is_present && card.found.index == index) return uuid;
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

    auto load = [](const Card* card) {
        return std::tuple{card->jobs.size(), card->declared, card->found.index};
    };
    std::ranges::sort(able, {}, load);
    std::vector<std::string> uuids;
    for (const auto* card : able | std::views::take(demand.gpu_count))
        uuids.push_back(card->found.uuid);
    return uuids;
}

bool Ledger::has_room_without_jobs(const Demand& demand) const {
    if (demand.gpu_count == 0) return config_.max_running > 0;
    if (!paused_.empty()) return false;
    auto able = std::ranges::count_if(cards_, [&](const auto& entry) {
        const auto& card = entry.second;
        auto foreign = minus(card.found.used.value_or(Bytes{}), card.declared);
        return card.is_present && is_wanted(card, demand) && card.max[at(demand.job_class)] > 0 &&
               demand.vram <= minus(usable(card), foreign);
    });
    return std::cmp_greater_equal(able, demand.gpu_count);
}

const Ledger::Holding* Ledger::holding(job::Id job) const {
    auto holding = holdings_.find(job);
    return holding == holdings_.end() ? nullptr : &holding->second;
}

void Ledger::assume_ended(job::Id job) {
    const auto* had = holding(job);
    if (had == nullptr) return;
    for (const auto& uuid : had->cards)
        if (auto& used = cards_.at(uuid).found.used) used = minus(*used, had->demand.vram);
    give_back(job);
}

void Ledger::assume_running(job::Id job, const Holding& holding) {
    for (const auto& uuid : holding.cards)
        if (auto& used = cards_.at(uuid).found.used) used->count += holding.demand.vram.count;
    take(job, holding.demand, holding.cards);
}

void Ledger::take(job::Id job, const Demand& demand, const std::vector<std::string>& cards) {
    auto [at, is_new] = holdings_.try_emplace(job, Holding{demand, cards});
    if (is_new) count(at->second, job, +1);
}

void Ledger::give_back(job::Id job) {
    auto at = holdings_.find(job);
    if (at == holdings_.end()) return;
    count(at->second, job, -1);
    holdings_.erase(at);
}

void Ledger::count(const Holding& holding, job::Id job, int sign) {
    auto add = [&](auto& sum, auto amount) {
        sum = static_cast<std::remove_reference_t<decltype(sum)>>(sign > 0 ? sum + amount
                                                                           : sum - amount);
    };
    const auto& demand = holding.demand;
    if (demand.gpu_count == 0) add(running_without_cards_, 1U);
    add(cpus_used_, demand.cpus);
    add(memory_used_.count, demand.memory.count);
    for (const auto& uuid : holding.cards) {
        auto [where, is_unknown] = cards_.try_emplace(uuid);
        auto& card = where->second;
        if (is_unknown) {
            card.found.uuid = uuid;
            card.is_present = false;
        }
        add(card.used[at(demand.job_class)], 1U);
        add(card.declared.count, demand.vram.count);
        if (demand.exclusive) add(card.exclusive, 1U);
        if (sign > 0)
            card.jobs.insert(job);
        else
            card.jobs.erase(job);
    }
}

std::vector<const Ledger::Card*> Ledger::by_index() const {
    std::vector<const Card*> cards;
    for (const auto& [uuid, card] : cards_) cards.push_back(&card);
    std::ranges::sort(cards, {}, [](const Card* card) { return card->found.index; });
    return cards;
}

std::vector<host::Gpu> Ledger::view() const {
    std::vector<host::Gpu> gpus;
    for (const auto* at_index : by_index()) {
        const auto& card = *at_index;
        host::Gpu gpu{
            .index = card.found.index,
            .uuid = card.found.uuid,
            .name = card.found.name,
            .memory = card.found.memory,
            .declared = card.declared,
            .utilization_percent = card.found.utilization_percent,
            .jobs = {card.jobs.begin(), card.jobs.end()},
            .state = card.is_present && paused_.empty() ? "ok" : "paused",
        };
        for (auto job_class : {job::Class::training, job::Class::inference})
            gpu.slots[std::string{to_string(job_class)}] =
                host::Slots{.used = card.used[at(job_class)], .max = card.max[at(job_class)]};
        if (card.found.used) {
            gpu.measured = std::min(*card.found.used, card.declared);
            gpu.foreign = minus(*card.found.used, card.declared);
        }
        gpus.push_back(std::move(gpu));
    }
    return gpus;
}

host::GpuStats Ledger::stats() const {
    host::GpuStats stats{.cards = cards_.size()};
    for (const auto& [uuid, card] : cards_) {
        if (!card.jobs.empty()) ++stats.in_use;
        if (!card.is_present || !paused_.empty()) ++stats.paused;
    }
    return stats;
}

}  // namespace ccd::service
