// The ledger's arithmetic in words: what a job waits for, and who has it.
#include <algorithm>
#include <array>
#include <cstdio>

#include "daemon/service/ledger.h"

namespace ccd::service {
namespace {

// "job 17", "jobs 17, 21 and 3 more".
std::string named(const std::set<job::Id>& jobs) {
    constexpr std::size_t shown = 4;
    std::string text = jobs.size() == 1 ? "job" : "jobs";
    std::size_t n = 0;
    for (auto id : jobs) {
        if (n++ == shown) break;
        text += (n == 1 ? " " : ", ") + std::to_string(id);
    }
    if (jobs.size() > shown) text += " and " + std::to_string(jobs.size() - shown) + " more";
    return text;
}

}  // namespace

std::string gib(Bytes bytes) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.1f GiB",
                  static_cast<double>(bytes.count) / static_cast<double>(std::uint64_t{1} << 30));
    return text.data();
}

std::string Ledger::names_of(const std::vector<std::string>& cards) const {
    std::string names;
    for (const auto* card : by_index())
        if (std::ranges::find(cards, card->found.uuid) != cards.end())
            names += (names.empty() ? "GPU " : ", GPU ") + std::to_string(card->found.index);
    return names;
}

std::string Ledger::what_is_needed(const Demand& demand) {
    auto text = std::to_string(demand.gpu_count) + (demand.gpu_count == 1 ? " card" : " cards");
    if (demand.vram.count > 0) text += " with " + gib(demand.vram);
    if (demand.exclusive) text += " for itself alone";
    return text;
}

// Why one card does not do, e.g. "GPU 1 has no training slot (job 21)".
std::string Ledger::what_is_short(const Card& card, const Demand& demand) const {
    auto slot = static_cast<std::size_t>(demand.job_class);
    auto gpu = "GPU " + std::to_string(card.found.index);
    auto who = card.jobs.empty() ? std::string{} : " (" + named(card.jobs) + ")";
    if (!card.is_present) return gpu + " is gone" + who;
    if (card.used[slot] >= card.max[slot])
        return gpu + " has no " + std::string{to_string(demand.job_class)} + " slot" +
               (card.max[slot] == 0 ? " at all" : who);
    if (card.exclusive > 0) return gpu + " is not shared" + who;
    if (demand.exclusive && !card.jobs.empty()) return gpu + " is in use" + who;
    auto used = card.found.used.value_or(Bytes{});
    auto text = gpu + " has " + gib(free(card)) + " free of " + gib(usable(card));
    if (card.declared.count > 0)
        text += ", " + gib(card.declared) + " declared by " + named(card.jobs);
    if (used > card.declared)
        text += ", " + gib(Bytes{used.count - card.declared.count}) + " used by others";
    return text;
}

void Ledger::explain_host(const Demand& demand, std::vector<job::Blocker>& blockers) const {
    if (demand.gpu_count == 0 && running_without_cards_ >= config_.max_running)
        blockers.push_back(
            {"slots", std::to_string(running_without_cards_) + " jobs without cards run; at most " +
                          std::to_string(config_.max_running) + " may (jobs.max_running)"});
    if (demand.cpus > 0 && cpus_used_ + demand.cpus > config_.cores)
        blockers.push_back({"cpus", "needs " + std::to_string(demand.cpus) + " cores; " +
                                        std::to_string(cpus_used_) + " of " +
                                        std::to_string(config_.cores) + " are taken"});
    if (demand.memory.count > 0 && memory_used_.count + demand.memory.count > config_.memory.count)
        blockers.push_back({"memory", "needs " + gib(demand.memory) + "; " + gib(memory_used_) +
                                          " of " + gib(config_.memory) + " are taken"});
}

std::vector<job::Blocker> Ledger::explain(const Demand& demand) const {
    std::vector<job::Blocker> blockers;
    explain_host(demand, blockers);
    if (demand.gpu_count == 0) return blockers;
    if (!paused_.empty()) {
        blockers.push_back({"gpu", "no card is given out: " + paused_});
        return blockers;
    }
    std::uint32_t able = 0;
    std::string cards;
    for (const auto* card : by_index()) {
        if (!is_wanted(*card, demand)) continue;
        if (fits(*card, demand))
            ++able;
        else
            cards += "; " + what_is_short(*card, demand);
    }
    if (able >= demand.gpu_count) return blockers;
    auto text = "needs " + what_is_needed(demand);
    if (demand.gpu_count > 1) text += ", " + std::to_string(able) + " free";
    blockers.push_back({"gpu", text + cards});
    return blockers;
}

}  // namespace ccd::service
