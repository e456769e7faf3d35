#include "daemon/service/waiting.h"

#include <algorithm>
#include <limits>

namespace ccd::service {
namespace {

// What a look costs, in tenths of one that finds no room.
constexpr std::uint32_t full_cost = 10;

std::uint32_t cost_of(Verdict::What what) {
    switch (what) {
        case Verdict::What::started:
            return 0;
        case Verdict::What::passed_over:
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

bool Waiting::add(const LineKey& key, Rank rank) {
    auto& line = *lines_.try_emplace(key).first;
    auto& ranks = line.second.ranks;
    auto before = ranks.empty() ? std::nullopt : std::optional{ranks.first()};
    if (!ranks.insert(rank)) return false;
    ++size_;
    if (ranks.first() != rank) return false;
    auto& heads = bands_[{key.uid, key.priority}];
    if (before) heads.erase(*before);
    heads.emplace(rank, &line);
    return true;
}

void Waiting::remove(const LineKey& key, Rank rank) {
    auto line = lines_.find(key);
    if (line == lines_.end()) return;
    auto& ranks = line->second.ranks;
    auto was_head = ranks.first() == rank;
    if (!ranks.erase(rank)) return;
    --size_;
    if (!was_head) return;
    auto band = bands_.find({key.uid, key.priority});
    band->second.erase(rank);
    if (!ranks.empty()) band->second.emplace(ranks.first(), &*line);
    if (band->second.empty()) bands_.erase(band);
    if (ranks.empty()) lines_.erase(line);
}

std::int64_t Waiting::level_of(std::int32_t priority, WallTime submitted_at, WallTime now) const {
    if (ageing_.count() == 0 || now <= submitted_at) return priority;
    return priority - (now - submitted_at) / ageing_;
}

// How many jobs of a line have at most this level. They are its first ones.
std::size_t Waiting::count_up_to(std::int64_t level, const Lines::value_type& line,
                                 WallTime now) const {
    auto steps = line.first.priority - level;
    if (steps <= 0) return line.second.ranks.size();
    if (ageing_.count() == 0) return 0;
    return line.second.ranks.count_before({.submitted_at = now - ageing_ * steps + Millis{1}});
}

std::size_t Waiting::position(const LineKey& key, Rank rank, WallTime now,
                              const ShareOf& share_of) const {
    auto level = level_of(key.priority, rank.submitted_at, now);
    auto share = share_of(key.uid);
    std::size_t before = 0;
    for (const auto& line : lines_) {
        auto other = line.first.uid == key.uid ? share : share_of(line.first.uid);
        auto more_urgent = count_up_to(level - 1, line, now);
        auto as_urgent = count_up_to(level, line, now);
        if (other < share) before += as_urgent;
        if (other > share) before += more_urgent;
        if (other == share)
            before += std::clamp(line.second.ranks.count_before(rank), more_urgent, as_urgent);
    }
    return before + 1;
}

Waiting::Cursor Waiting::at(Bands::const_iterator band, const Heads::value_type& head,
                            std::size_t user, double share, WallTime now) const {
    auto rank = head.first;
    return {.next = {.level = level_of(band->first.priority, rank.submitted_at, now),
                     .share = share,
                     .rank = rank},
            .band = band->first,
            .user = user};
}

Waiting::Pass Waiting::begin_pass(WallTime now, const ShareOf& share_of) const {
    Pass pass;
    for (auto band = bands_.begin(); band != bands_.end();) {
        auto uid = band->first.uid;
        auto share = share_of(uid);
        Turn turn{.spent = 0, .last = band->first};
        for (std::size_t n = 0; n < bands_of_user && band != bands_.end(); ++n, ++band) {
            if (band->first.uid != uid) break;
            turn.last = band->first;
            pass.queue.push_back(at(band, *band->second.begin(), pass.turns.size(), share, now));
        }
        pass.turns.push_back(turn);
        band = bands_.upper_bound({uid, std::numeric_limits<std::int32_t>::max()});
    }
    std::ranges::make_heap(pass.queue, std::greater{}, &Cursor::next);
    return pass;
}

// The next head of its band; where there is none, the first one of the user's next band.
std::optional<Waiting::Cursor> Waiting::after(const Cursor& cursor, Turn& turn,
                                              WallTime now) const {
    auto share = cursor.next.share;
    if (auto band = bands_.find(cursor.band); band != bands_.end()) {
        auto head = band->second.upper_bound(cursor.next.rank);
        if (head != band->second.end()) return at(band, *head, cursor.user, share, now);
    }
    auto band = bands_.upper_bound(turn.last);
    if (band == bands_.end() || band->first.uid != cursor.band.uid) return std::nullopt;
    turn.last = band->first;
    return at(band, *band->second.begin(), cursor.user, share, now);
}

void Waiting::offer(WallTime now, const ShareOf& share_of, const Look& look) {
    auto pass = begin_pass(now, share_of);
    auto& queue = pass.queue;
    std::uint32_t spent = 0;
    while (!queue.empty() && spent < heads_per_pass * full_cost) {
        std::ranges::pop_heap(queue, std::greater{}, &Cursor::next);
        auto cursor = queue.back();
        queue.pop_back();
        auto& turn = pass.turns[cursor.user];
        if (turn.spent >= heads_of_user * full_cost) continue;
        auto& line = *bands_.at(cursor.band).at(cursor.next.rank);
        auto verdict = look(line.first, cursor.next.rank);
        // Who has started may have been the last of the line.
        if (verdict.what != Verdict::What::started) line.second.delays = verdict.delays;
        turn.spent += cost_of(verdict.what);
        spent += cost_of(verdict.what);
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
