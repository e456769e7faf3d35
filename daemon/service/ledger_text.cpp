// The ledger's arithmetic in words: what a job waits for, and who has it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <ranges>
#include <utility>

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

// "1.5".
std::string in_gib(Bytes bytes) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.1f",
                  static_cast<double>(bytes.count) / static_cast<double>(std::uint64_t{1} << 30));
    return text.data();
}

std::string in_mib(Bytes bytes) {
    return std::to_string(bytes.count >> 20) + " MiB";
}

// "pid 4242 of uid 1001".
std::string named(const host::GpuProcess& process) {
    auto text = "pid " + std::to_string(process.pid);
    return process.uid ? text + " of uid " + std::to_string(*process.uid) : text + ", unknown here";
}

// Parts of a sum: "12.0 declared by job 17, 7.9 used by pid 4242 of uid 1001".
class Parts {
public:
    // What rounds to nothing is left out.
    void add(Bytes amount, const std::string& what) {
        if (amount < 52_MiB) return;
        text_ += (text_.empty() ? "" : ", ") + in_gib(amount) + " " + what;
    }
    std::string in_parentheses() const { return text_.empty() ? text_ : " (" + text_ + ")"; }

private:
    std::string text_;
};

// What is counted for our jobs: of each the larger of what it has declared and what it uses.
void add_ours(const Card& card, Parts& parts) {
    Bytes declared, used;
    std::set<job::Id> declarers, users;
    for (const auto& hold : card.holds()) {
        auto is_declared = hold.share.declared >= hold.measured || !card.is_attributed();
        auto& sum = is_declared ? declared : used;
        sum.count += is_declared ? hold.share.declared.count : hold.measured.count;
        if (hold.share.declared.count + hold.measured.count > 0)
            (is_declared ? declarers : users).insert(hold.job);
    }
    parts.add(declared, "declared by " + named(declarers));
    parts.add(used, "used by " + named(users));
    parts.add(card.left_behind(), "not given back by " + named(card.leaving()));
}

// What others use, the largest first.
void add_others(const Card& card, Parts& parts) {
    constexpr std::size_t shown = 3;
    auto rest = card.foreign().value_or(Bytes{});
    std::vector<host::GpuProcess> others;
    for (const auto& process : card.found().processes)
        if (process.memory && card.is_attributed() && !card.is_ours(process))
            others.push_back(process);
    std::ranges::sort(others, std::greater{}, &host::GpuProcess::memory);
    for (const auto& process : others | std::views::take(shown)) {
        parts.add(*process.memory, "used by " + named(process));
        rest = minus(rest, *process.memory);
    }
    parts.add(rest, "used by others");
}

}  // namespace

std::string gib(Bytes bytes) {
    return in_gib(bytes) + " GiB";
}

std::string Ledger::names_of(const std::vector<std::string>& cards) const {
    std::string names;
    for (const auto* card : by_index())
        if (std::ranges::find(cards, card->found().uuid) != cards.end())
            names += (names.empty() ? "GPU " : ", GPU ") + std::to_string(card->found().index);
    return names;
}

std::string Ledger::what_is_needed(const Demand& demand) {
    auto text = std::to_string(demand.gpu_count) + (demand.gpu_count == 1 ? " card" : " cards");
    if (demand.vram.count > 0)
        text = gib(demand.vram) + " on " + (demand.gpu_count == 1 ? "" : "each of ") + text;
    if (demand.exclusive) text += " for itself alone";
    return text;
}

// "4.1 GiB free of 23.5 GiB (12.0 declared by job 17, 7.9 used by pid 4242 of uid 1001)".
std::string Ledger::what_is_free(const Card& card) const {
    Parts parts;
    add_ours(card, parts);
    add_others(card, parts);
    return gib(free(card)) + " free of " + gib(usable(card)) + parts.in_parentheses();
}

// Who keeps the memory of a job that has ended, and how much of it.
std::string Ledger::who_stays(const Card& card) {
    std::string who;
    for (const auto& hold : card.holds()) {
        if (!hold.ended_at) continue;
        for (const auto& process : card.found().processes) {
            if (!hold.pids.contains(process.pid)) continue;
            who += (who.empty() ? "" : ", ") + named(process);
            if (process.user) who += " (" + *process.user + ")";
            if (process.memory) who += " with " + in_mib(*process.memory);
        }
    }
    if (who.empty()) who = in_mib(card.left_behind()) + " that no process has";
    auto leaving = card.leaving();
    return named(leaving) + (leaving.size() == 1 ? " has" : " have") +
           " ended, but its memory is still held by " + who;
}

// Why one card does not do, e.g. "GPU 1 has no training slot (job 21)".
std::string Ledger::what_is_short(const Card& card, const Demand& demand) const {
    auto slot = static_cast<std::size_t>(demand.job_class);
    auto gpu = "GPU " + std::to_string(card.found().index);
    auto holders = card.jobs();
    auto leaving = card.leaving();
    std::string who = holders.empty() ? "" : named(holders);
    if (!leaving.empty())
        who += (who.empty() ? "" : ", ") + named(leaving) + " until its memory is back";
    if (!who.empty()) who = " (" + who + ")";
    if (!card.is_present()) return gpu + " is gone" + who;
    if (card.is_quarantined()) return gpu + " is quarantined: " + who_stays(card);
    if (card.used()[slot] >= card.max()[slot])
        return gpu + " has no " + std::string{to_string(demand.job_class)} + " slot" +
               (card.max()[slot] == 0 ? " at all" : who);
    if (card.is_exclusive()) return gpu + " is not shared" + who;
    if (demand.exclusive && !card.holds().empty()) return gpu + " is in use" + who;
    if (card.is_settling() && demand.vram <= free(card))
        return gpu + " has jobs that declared no memory, and their use has not settled yet" + who;
    return gpu + " has " + what_is_free(card);
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
    if (const auto* known = explained_.find(demand)) return *known;
    auto blockers = find_blockers(demand);
    explained_.add(demand, blockers);
    return blockers;
}

std::vector<job::Blocker> Ledger::find_blockers(const Demand& demand) const {
    std::vector<job::Blocker> blockers;
    explain_host(demand, blockers);
    if (auto cards = explain_cards(demand)) blockers.push_back(*std::move(cards));
    return blockers;
}

std::optional<job::Blocker> Ledger::explain_cards(const Demand& demand) const {
    if (demand.gpu_count == 0) return std::nullopt;
    if (!paused_.empty()) return job::Blocker{"gpu", "no card is given out: " + paused_};
    auto able =
        std::ranges::count_if(cards_, [&](const auto& card) { return fits(card.second, demand); });
    if (std::cmp_greater_equal(able, demand.gpu_count)) return std::nullopt;
    auto text = "needs " + what_is_needed(demand);
    if (demand.gpu_count > 1) text += ", " + std::to_string(able) + " free";
    for (const auto* card : by_index())
        if (is_wanted(*card, demand) && !fits(*card, demand))
            text += "; " + what_is_short(*card, demand);
    return job::Blocker{"gpu", std::move(text)};
}

}  // namespace ccd::service
