// The jobs' turn: who of the waiting may start now, and why another may not.
#include <algorithm>

#include "daemon/service/jobs.h"
#include "daemon/service/reason.h"

namespace ccd::service {
namespace {

Rank rank_of(const store::JobRow& row) {
    return {.submitted_at = row.submitted_at, .id = row.id};
}

// When a job that begins then is out of time; nothing: never.
std::optional<Time> ends_of(const store::JobRow& row, Time begins) {
    if (!row.time_limit) return std::nullopt;
    return begins + *row.time_limit;
}

}  // namespace

void Jobs::enqueue(const Job& job) {
    pools_.enqueue(job.row);
    // Behind others of its line it can have no room either.
    if (waiting_.add(line_of(job.row), rank_of(job.row))) must_offer_ = true;
}

void Jobs::dequeue(const Job& job) {
    pools_.dequeue(job.row);
    waiting_.remove(line_of(job.row), rank_of(job.row));
    // What was kept for it is for others now.
    auto was_kept = std::erase_if(
        kept_, [&](const Kept& kept) { return kept.reservation.job() == job.row.id; });
    if (was_kept > 0) must_offer_ = true;
}

void Jobs::take(const Job& job, WallTime since, Now now) {
    const auto& cards = job.row.progress.run->gpus;
    auto demand = demand_of(job.row);
    ledger_.take(job.row.id, demand, cards, now.time);
    pools_.begin(job.row);
    if (!cards.empty()) shares_.begin(job.row.uid, cards.size(), since, now);
    for (auto& kept : kept_) {
        kept.reservation.passed_by(job.row.id);
        // Who has ended by then is not there.
        auto ends = ends_of(job.row, now.time);
        if (kept.forecast && !kept.forecast->spares(ends))
            kept.forecast->then.take(job.row.id, demand, cards);
    }
}

void Jobs::give_back(const Job& job, Now now) {
    if (ledger_.release(job.row.id, now.time)) decisions_.effects.emplace_back(LookAtCards{});
    pools_.end(job.row);
    for (auto& kept : kept_) kept.reservation.forget(job.row.id);
    must_offer_ = true;
    if (job.row.progress.run->gpus.empty()) return;
    shares_.end(job.row.uid, job.row.progress.run->gpus.size(), now);
    decisions_.batch.add(shares_.setting(job.row.uid, now));
}

// A pass over the waiting. It is made when something has become free, or the head of a line is
// new: who was looked at and had no room has none until then.
void Jobs::offer(Now now) {
    if (!std::exchange(must_offer_, false)) return;
    passed_at_ = now.time;
    without_room_.clear();
    kept_before_ = std::exchange(kept_, {});
    waiting_.offer(
        now.wall, [&](std::uint32_t uid) { return shares_.of(uid, now.time); },
        [&](const LineKey& line, Rank rank) { return look(line, rank, now); });
    kept_before_.clear();
    for (auto& kept : kept_) kept.forecast.reset();
}

Verdict Jobs::look(const LineKey& line, Rank rank, Now now) {
    auto& job = jobs_.at(rank.id);
    if (pools_.is_full(job.row) || users_put_off_.find(job.row.uid) != nullptr)
        return {.what = Verdict::What::passed_over};
    // In a pass there is only less room.
    if (without_room_.contains(line.demand)) return {.what = Verdict::What::no_more};
    Verdict verdict;
    auto cards = find_room(line.demand, ends_of(job.row, now.time), now, verdict);
    if (cards) {
        begin(job, std::move(*cards), now);
        return {.what = Verdict::What::started};
    }
    reserve(rank.id, line.demand);
    return verdict;
}

// Room that a job may use. Only what is more urgent has been reserved when it is looked for.
std::optional<std::vector<std::string>> Jobs::find_room(const Demand& demand,
                                                        std::optional<Time> ends, Now now,
                                                        Verdict& verdict) {
    auto cards = ledger_.find_room(demand);
    if (!cards) {
        without_room_.insert(demand);
        return std::nullopt;
    }
    std::vector<const Ledger*> beside;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        if (!kept_[i].reservation.concerns(demand)) continue;
        const auto* forecast = forecast_for(i, now.time);
        if (forecast == nullptr || forecast->spares(ends)) continue;
        beside.push_back(&forecast->then);
        auto has_room = ledger_.find_room(demand, std::span{beside}.last(1)).has_value();
        if (verdict.delays == 0 || !has_room) verdict.delays = kept_[i].reservation.job();
    }
    if (beside.empty()) return cards;
    verdict.what = Verdict::What::kept_back;
    return ledger_.find_room(demand, beside);
}

// Made when it is first needed: on a machine that is full nobody can pass.
const Forecast* Jobs::forecast_for(std::size_t index, Time now) {
    auto& kept = kept_[index];
    if (!std::exchange(kept.is_forecast, true))
        kept.forecast = make_forecast(index, index > 0 ? forecast_for(0, now) : nullptr, now);
    return kept.forecast ? &*kept.forecast : nullptr;
}

// The less urgent of two finds what the other has left, as if that one were there already.
std::optional<Forecast> Jobs::make_forecast(std::size_t index, const Forecast* before,
                                            Time now) const {
    auto all = runners(now);
    if (before == nullptr) return kept_[index].reservation.forecast(ledger_, std::move(all), now);
    const auto& first = kept_.front().reservation;
    auto ledger = ledger_;
    ledger.take(first.job(), first.demand(), before->cards);
    Runner comes{.job = first.job(), .ends = {}, .is_to_come = true};
    if (before->at) comes.ends = ends_of(jobs_.at(first.job()).row, *before->at);
    all.push_back(comes);
    return kept_[index].reservation.forecast(ledger, std::move(all), now);
}

// Between passes, for who asks.
std::optional<Forecast> Jobs::forecast_of(job::Id id, Time now) const {
    std::optional<Forecast> before;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        auto forecast = make_forecast(i, before ? &*before : nullptr, now);
        if (kept_[i].reservation.job() == id) return forecast;
        before = std::move(forecast);
    }
    return std::nullopt;
}

// For the first of its kind that may not start, unless it waits for something else than jobs of
// ours. Who had it before keeps it as it was, and with it who has passed since.
void Jobs::reserve(job::Id id, const Demand& demand) {
    auto is_alike = [&](const Kept& kept) {
        return (kept.reservation.demand().gpu_count > 0) == (demand.gpu_count > 0);
    };
    if (std::ranges::any_of(kept_, is_alike) || !ledger_.has_room_without_jobs(demand)) return;
    auto before = std::ranges::find(kept_before_, id,
                                    [](const Kept& kept) { return kept.reservation.job(); });
    kept_.push_back(before == kept_before_.end()
                        ? Kept{.reservation = Reservation{id, demand}}
                        : Kept{.reservation = std::move(before->reservation)});
}

std::vector<Runner> Jobs::runners(Time now) const {
    std::vector<Runner> runners;
    // Who is starting has all of his time before him.
    for (const auto& [id, since] : alive_)
        runners.push_back({.job = id, .ends = ends_of(jobs_.at(id).row, since.value_or(now))});
    return runners;
}

bool Jobs::is_reserved(job::Id id) const {
    return std::ranges::any_of(kept_,
                               [&](const Kept& kept) { return kept.reservation.job() == id; });
}

std::size_t Jobs::position(const Job& job, Now now) const {
    return waiting_.position(line_of(job.row), rank_of(job.row), now.wall,
                             [&](std::uint32_t uid) { return shares_.of(uid, now.time); });
}

std::optional<Millis> Jobs::estimate(const Job& job, Now now) const {
    auto forecast = forecast_of(job.row.id, now.time);
    if (!forecast || !forecast->at) return std::nullopt;
    return std::chrono::ceil<Millis>(*forecast->at - now.time);
}

std::vector<job::Blocker> Jobs::blockers(const Job& job, Now now) const {
    std::vector<job::Blocker> blockers;
    if (job.state() == job::State::retrying)
        return {{"back-off", job.row.progress.reason.string() + "; is tried again at " +
                                 moment(*job.row.progress.due)}};
    if (job.state() == job::State::held)
        blockers.push_back(
            {"held", "held; 'ccctl release " + std::to_string(job.row.id) + "' lets it start"});
    if (job.state() != job::State::held && job.state() != job::State::queued) return blockers;
    explain_eligibility(job, now, blockers);
    if (is_draining_)
        blockers.push_back({"drained", "no job is started; 'ccctl admin resume' ends the drain"});
    if (!paused_.empty())
        blockers.push_back({"executor", "no job can be started for now: " + paused_});
    std::ranges::move(pools_.explain(job.row), std::back_inserter(blockers));
    auto short_of = ledger_.explain(demand_of(job.row));
    auto has_room = short_of.empty();
    std::ranges::move(short_of, std::back_inserter(blockers));
    if (job.is_in_line) explain_reservation(job, has_room, blockers);
    return blockers;
}

// For whom it is kept back, and what is kept for it.
void Jobs::explain_reservation(const Job& job, bool has_room,
                               std::vector<job::Blocker>& blockers) const {
    auto delays = waiting_.delayed_by(line_of(job.row));
    if (has_room && delays != 0 && is_reserved(delays))
        blockers.push_back({"reservation", "has room, but would delay job " +
                                               std::to_string(delays) + ", which is more urgent"});
    if (!is_reserved(job.row.id)) return;
    auto forecast = forecast_of(job.row.id, passed_at_);
    auto cards = forecast ? ledger_.names_of(forecast->cards) : std::string{};
    blockers.push_back({"reservation", cards.empty() ? "what becomes free is kept for it"
                                                     : "kept for it: " + cards});
}

}  // namespace ccd::service
