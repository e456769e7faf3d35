#include "daemon/service/card.h"

#include <algorithm>
#include <utility>

namespace ccd::service {
namespace {

Bytes plus(Bytes a, Bytes b) {
    return Bytes{a.count + b.count};
}

}  // namespace

void Card::see(CardFound found, Time asked, Millis settle_time) {
    found_ = std::move(found);
    is_present_ = true;
    attribute();
    for (auto& hold : holds_) {
        settle(hold, asked, settle_time);
        if (hold.ended_at && *hold.ended_at <= asked) hold.is_back = is_back(hold);
    }
    std::erase_if(holds_, [](const Hold& hold) { return hold.is_back; });
    is_quarantined_ = std::ranges::any_of(holds_, [&](const Hold& hold) {
        return hold.ended_at && *hold.ended_at + return_patience <= asked;
    });
    add_up();
    if (!sums_.is_leaving) usually_unexplained_ = unexplained();
}

void Card::lose() {
    is_present_ = false;
    is_quarantined_ = false;
    std::erase_if(holds_, [](const Hold& hold) { return hold.ended_at.has_value(); });
    add_up();
}

void Card::take(job::Id job, const Share& share, Time now) {
    holds_.push_back({.job = job, .share = share, .grown_at = now});
    holds_.back().is_settled = share.declared.count > 0;
    attribute();
    add_up();
}

void Card::give_back(job::Id job) {
    std::erase_if(holds_, [&](const Hold& hold) { return hold.job == job; });
    attribute();
    add_up();
}

bool Card::release(job::Id job, Time now) {
    auto* hold = find(job);
    if (hold == nullptr) return false;
    auto must_look = is_present_ && found_.used.has_value();
    if (must_look)
        hold->ended_at = now;
    else
        holds_.erase(holds_.begin() + (hold - holds_.data()));
    add_up();
    return must_look;
}

// Nobody knows when a quarantine ends.
void Card::assume_later() {
    if (!is_quarantined_)
        for (auto job : leaving()) assume_ended(job);
    for (auto& hold : holds_) hold.is_settled = true;
    add_up();
}

void Card::assume_ended(job::Id job) {
    for (const auto& hold : holds_) {
        if (hold.job != job || !found_.used) continue;
        auto freed = is_attributed() ? plus(hold.measured, hold.ended_at ? left_behind() : Bytes{})
                                     : hold.share.declared;
        found_.used = minus(*found_.used, freed);
        std::erase_if(found_.processes,
                      [&](const auto& process) { return hold.pids.contains(process.pid); });
    }
    give_back(job);
}

// Where it is told who uses what, what a job declares counts without being used.
void Card::assume_used(Bytes more) {
    if (found_.used && !is_attributed()) found_.used = plus(*found_.used, more);
}

Card Card::vacant() const {
    Card card;
    card.found_ = found_;
    card.found_.used.reset();
    card.found_.processes.clear();
    card.is_present_ = is_present_;
    card.max_ = max_;
    return card;
}

std::set<job::Id> Card::jobs() const {
    std::set<job::Id> ids;
    for (const auto& hold : holds_)
        if (!hold.ended_at) ids.insert(hold.job);
    return ids;
}

std::set<job::Id> Card::leaving() const {
    std::set<job::Id> ids;
    for (const auto& hold : holds_)
        if (hold.ended_at) ids.insert(hold.job);
    return ids;
}

// That of a job's attempts which has not ended.
Card::Hold* Card::find(job::Id job) {
    auto found = std::ranges::find_if(
        holds_, [&](const Hold& hold) { return hold.job == job && !hold.ended_at; });
    return found == holds_.end() ? nullptr : &*found;
}

// An attempt that left comes before the one that followed it, as far as its processes are known.
Card::Hold* Card::owner_of(const host::GpuProcess& process) {
    Hold* owner = nullptr;
    for (auto& hold : holds_) {
        auto is_known = hold.pids.contains(process.pid);
        auto is_named = process.job == hold.job;
        if (process.job && !is_named) continue;
        if (hold.ended_at && is_known) return &hold;
        // Of a process that has ended meanwhile nothing else can be found out.
        auto is_last_seen = is_known && !process.uid;
        if ((is_named && (owner == nullptr || !hold.ended_at)) || is_last_seen) owner = &hold;
    }
    return owner;
}

void Card::attribute() {
    std::vector<std::pair<Hold*, host::GpuProcess*>> owned;
    for (auto& process : found_.processes)
        if (auto* hold = owner_of(process)) owned.emplace_back(hold, &process);
    for (auto& hold : holds_) {
        hold.pids.clear();
        hold.measured = {};
    }
    for (auto [hold, process] : owned) {
        process->job = hold->job;
        hold->pids.insert(process->pid);
        hold->measured = plus(hold->measured, process->memory.value_or(Bytes{}));
    }
}

void Card::settle(Hold& hold, Time asked, Millis settle_time) const {
    if (hold.is_settled || !found_.used) return;
    auto use = is_attributed() ? hold.measured : *found_.used;
    if (use > plus(hold.grown_to, noise)) {
        hold.grown_to = use;
        hold.grown_at = asked;
    }
    hold.is_settled = hold.grown_at + settle_time <= asked;
}

// Where it is not told who uses how much, memory is back once it no longer becomes free: what is
// still used then counts as used, whoever has it.
bool Card::is_back(Hold& hold) const {
    if (!found_.used) return true;
    if (!hold.pids.empty()) return false;
    if (tells_memory_of_all())
        return unexplained() <=
               plus(usually_unexplained_, Bytes{noise.count * (found_.processes.size() + 1)});
    if (found_.has_process_list) return true;
    auto before = std::exchange(hold.used_before, found_.used);
    return before && *before <= plus(*found_.used, noise);
}

bool Card::tells_memory_of_all() const {
    return found_.has_process_list &&
           std::ranges::all_of(found_.processes,
                               [](const auto& process) { return process.memory.has_value(); });
}

// Only ours need to be told: what is left of the sum is foreign, process by process or not.
bool Card::is_attributed() const {
    return found_.used && found_.has_process_list &&
           std::ranges::all_of(found_.processes, [&](const auto& process) {
               return process.memory || !is_ours(process);
           });
}

bool Card::is_ours(const host::GpuProcess& process) const {
    return std::ranges::any_of(holds_,
                               [&](const Hold& hold) { return hold.pids.contains(process.pid); });
}

Bytes Card::unexplained() const {
    Bytes explained;
    for (const auto& process : found_.processes)
        explained = plus(explained, process.memory.value_or(Bytes{}));
    return minus(found_.used.value_or(Bytes{}), explained);
}

void Card::add_up() {
    sums_ = {};
    for (const auto& hold : holds_) {
        ++sums_.used.at(static_cast<std::size_t>(hold.share.job_class));
        if (hold.share.is_exclusive) ++sums_.exclusive;
        sums_.declared = plus(sums_.declared, hold.share.declared);
        if (hold.ended_at)
            sums_.is_leaving = true;
        else if (!hold.is_settled && found_.used)
            sums_.is_settling = true;
    }
    add_up_memory();
}

// Memory and processes are not read at one moment: others have at least what is told of them.
void Card::add_up_memory() {
    sums_.taken = sums_.declared;
    if (!found_.used) return;
    auto used = *found_.used;
    if (!is_attributed()) {
        sums_.taken = std::max(sums_.declared, used);
        sums_.measured = std::min(used, sums_.declared);
        sums_.foreign = minus(used, sums_.declared);
        return;
    }
    Bytes measured, told_of_others, ours;
    for (const auto& process : found_.processes)
        if (!is_ours(process))
            told_of_others = plus(told_of_others, process.memory.value_or(Bytes{}));
    auto is_first_to_leave = true;
    if (sums_.is_leaving && tells_memory_of_all())
        sums_.left_behind = minus(unexplained(), usually_unexplained_);
    for (const auto& hold : holds_) {
        auto use = hold.measured;
        if (hold.ended_at && std::exchange(is_first_to_leave, false))
            use = plus(use, sums_.left_behind);
        measured = plus(measured, use);
        ours = plus(ours, std::max(use, hold.share.declared));
    }
    sums_.measured = measured;
    sums_.foreign = std::max(minus(used, measured), std::min(used, told_of_others));
    sums_.taken = plus(*sums_.foreign, ours);
}

}  // namespace ccd::service
