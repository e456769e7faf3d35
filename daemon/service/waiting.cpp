#include "daemon/service/waiting.h"

#include <algorithm>
#include <limits>

namespace ccd::service {
namespace {

// What a look costs, in tenths of one that finds no room.
constexpr std::uint32_t full_cost = 10;

constexpr auto last_priority = std::numeric_limits<std::int32_t>::max();

std::uint32_t cost_of(Verdict::What what) {
    switch (what) {
        case Verdict::What::started:
            return 0;
        case Verdict::What::passed_over:
        case Verdict::What::no_more:
            return 1;
        case Verdict::What::no_room:
        case Verdict::What::kept_back:
            return full_cost;
    }
    return full_cost;
}

}  // namespace

void Waiting::clear() {
    lines_.clear();
    bands_.clear();
    size_ = 0;
}

Waiting::Band Waiting::band_of(const LineKey& key) {
    return {.uid = key.uid, .has_cards = key.demand.gpu_count > 0, .priority = key.priority};
}

bool Waiting::add(const LineKey& key, Rank rank) {
    auto& line = *lines_.try_emplace(key).first;
    auto& ranks = line.second.ranks;
    auto before = ranks.empty() ? std::nullopt : std::optional{ranks.first()};
    if (!ranks.insert(rank)) return false;
    ++size_;
    auto& band = bands_[band_of(key)];
    band.ranks.insert(rank);
    if (ranks.first() != rank) return false;
    if (before) band.heads.erase(*before);
    band.heads.emplace(rank, &line);
    return true;
}

void Waiting::remove(const LineKey& key, Rank rank) {
    auto line = lines_.find(key);
    if (line == lines_.end()) return;
    auto& ranks = line->second.ranks;
    auto was_head = ranks.first() == rank;
    if (!ranks.erase(rank)) return;
    --size_;
    auto band = bands_.find(band_of(key));
    band->second.ranks.erase(rank);
    if (!was_head) return;
    auto& heads = band->second.heads;
    heads.erase(rank);
    if (!ranks.empty()) heads.emplace(ranks.first(), &*line);
    if (heads.empty()) bands_.erase(band);
    if (ranks.empty()) lines_.erase(line);
}

std::int64_t Waiting::level_of(std::int32_t priority, WallTime submitted_at, WallTime now) const {
    if (ageing_.count() == 0 || now <= submitted_at) return priority;
    return priority - (now - submitted_at) / ageing_;
}

// How many jobs of a band have at most this level. They are its first ones.
std::size_t Waiting::count_up_to(std::int64_t level, const Bands::value_type& band,
                                 WallTime now) const {
    auto steps = band.first.priority - level;
    if (steps <= 0) return band.second.ranks.size();
    if (ageing_.count() == 0) return 0;
    return band.second.ranks.count_before({.submitted_at = now - ageing_ * steps + Millis{1}});
}

std::size_t Waiting::position(const LineKey& key, Rank rank, WallTime now,
                              const ShareOf& share_of) const {
    auto level = level_of(key.priority, rank.submitted_at, now);
    auto share = share_of(key.uid);
    std::size_t before = 0;
    for (const auto& band : bands_) {
        auto other = band.first.uid == key.uid ? share : share_of(band.first.uid);
        auto more_urgent = count_up_to(level - 1, band, now);
        auto as_urgent = count_up_to(level, band, now);
        if (other < share) before += as_urgent;
        if (other > share) before += more_urgent;
        if (other == share)
            before += std::clamp(band.second.ranks.count_before(rank), more_urgent, as_urgent);
    }
    return before + 1;
}

Waiting::Cursor Waiting::at(Bands::const_iterator band, Rank head, std::size_t party, double share,
                            WallTime now) const {
    return {.next = {.level = level_of(band->first.priority, head.submitted_at, now),
                     .share = share,
                     .rank = head},
            .band = band->first,
            .party = party};
}

Waiting::Pass Waiting::begin_pass(WallTime now, const ShareOf& share_of) const {
    Pass pass;
    for (auto band = bands_.begin(); band != bands_.end();) {
        auto first = band->first;
        auto share = share_of(first.uid);
        Turn turn{.spent = 0, .last = first};
        for (std::size_t n = 0; n < bands_at_once && band != bands_.end(); ++n, ++band) {
            if (!band->first.is_of_party(first)) break;
            turn.last = band->first;
            pass.queue.push_back(
                at(band, band->second.ranks.first(), pass.turns.size(), share, now));
        }
        pass.turns.push_back(turn);
        band = bands_.upper_bound({first.uid, first.has_cards, last_priority});
    }
    auto parties = static_cast<std::uint32_t>(std::max<std::size_t>(pass.turns.size(), 1));
    pass.budget = std::max(heads_per_pass / parties, fewest_heads) * full_cost;
    std::ranges::make_heap(pass.queue, std::greater{}, &Cursor::next);
    return pass;
}

// The next head of its band; where there is none, the first one of the party's next band.
std::optional<Waiting::Cursor> Waiting::after(const Cursor& cursor, Turn& turn,
                                              WallTime now) const {
    auto share = cursor.next.share;
    if (auto band = bands_.find(cursor.band); band != bands_.end()) {
        const auto& heads = band->second.heads;
        auto head = heads.upper_bound(cursor.next.rank);
        if (head != heads.end()) return at(band, head->first, cursor.party, share, now);
    }
    auto band = bands_.upper_bound(turn.last);
    if (band == bands_.end() || !band->first.is_of_party(cursor.band)) return std::nullopt;
    turn.last = band->first;
    return at(band, band->second.ranks.first(), cursor.party, share, now);
}

void Waiting::offer(WallTime now, const ShareOf& share_of, const Look& look) {
    auto pass = begin_pass(now, share_of);
    auto& queue = pass.queue;
    while (!queue.empty()) {
        std::ranges::pop_heap(queue, std::greater{}, &Cursor::next);
        auto cursor = queue.back();
        queue.pop_back();
        auto& turn = pass.turns[cursor.party];
        if (turn.spent >= pass.budget) continue;
        auto& line = *bands_.at(cursor.band).heads.at(cursor.next.rank);
        auto verdict = look(line.first, cursor.next.rank);
        // Who has started may have been the last of the line.
        if (verdict.what != Verdict::What::started) line.second.delays = verdict.delays;
        turn.spent += cost_of(verdict.what);
        auto next = after(cursor, turn, now);
        if (!next) continue;
        queue.push_back(*next);
        std::ranges::push_heap(queue, std::greater{}, &Cursor::next);
    }
}

job::Id Waiting::delayed_by(const LineKey& key) const {
    auto line = lines_.find(key);
    return line == lines_.end() ? 0 : line->second.delays;
}

}  // namespace ccd::service
