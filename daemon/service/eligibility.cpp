// When a job may stand in line: it waits for no other job, for no time, and is not put off.
#include <algorithm>
#include <ranges>

#include "daemon/service/jobs.h"
#include "daemon/service/reason.h"

namespace ccd::service {
namespace {

// Calendar times are looked at again at least this often: the clock may have been set.
constexpr Millis longest_wait{60'000};

// Of the jobs that one waits for, as many are named.
constexpr std::size_t named_others = 10;

// Of one job.
constexpr std::size_t most_followers = 100'000;

// Whose time has come, that are looked at in one turn.
constexpr std::size_t most_woken = 10'000;

}  // namespace

// Those that are not in memory and of which the store knows nothing are no longer on record.
Result<void> Jobs::check_others(const store::JobRow& row,
                                std::span<const store::JobRow> finished) const {
    for (auto id : row.options->after)
        if (!jobs_.contains(id) &&
            std::ranges::find(finished, id, &store::JobRow::id) == finished.end())
            return failure(Errc::not_found, name_of(id) +
                                                " ended long ago and is no longer on "
                                                "record, so nobody knows whether it succeeded");
    return {};
}

// Whose end decides about them all, in one commit.
Result<void> Jobs::check_followers(const store::JobRow& row, std::uint32_t count) const {
    for (const auto* others : {&row.options->after, &row.options->after_any})
        for (auto id : *others)
            if (dependencies_.count_followers(id) + count > most_followers)
                return failure(Errc::over_limit, std::to_string(dependencies_.count_followers(id)) +
                                                     " jobs wait for " + name_of(id) +
                                                     " already; at most " +
                                                     std::to_string(most_followers) + " may");
    return {};
}

// Each that it names once; who is named in both ways, by the stricter.
void Jobs::follow_others(const store::JobRow& row) {
    using Kind = Dependencies::Kind;
    // An attempt of it has ended: it has begun, and who has waits for nobody.
    if (row.progress.run->end) return;
    const auto& more = *row.options;
    std::vector<Dependencies::Other> others;
    for (auto id : more.after) others.push_back({.id = id, .kind = Kind::success});
    for (auto id : more.after_any) others.push_back({.id = id, .kind = Kind::any_end});
    std::ranges::sort(others, {}, [](const auto& other) {
        return std::pair{other.id, other.kind};
    });
    auto again = std::ranges::unique(others, {}, &Dependencies::Other::id);
    others.erase(again.begin(), again.end());
    for (auto& other : others) {
        auto found = jobs_.find(other.id);
        other.has_ended = found == jobs_.end() || job::is_final(found->second.state());
    }
    dependencies_.add(row.id, std::move(others));
}

// Why a job that is submitted now never will start: one that it was to follow has ended already.
std::optional<std::string> Jobs::never_starts(const store::JobRow& row,
                                              std::span<const store::JobRow> finished) const {
    for (auto id : row.options->after) {
        auto known = jobs_.find(id);
        auto state = known != jobs_.end()
                         ? known->second.state()
                         : std::ranges::find(finished, id, &store::JobRow::id)->progress.state;
        if (job::is_final(state) && state != job::State::succeeded)
            return name_of(id) + ", which it was to follow, has ended as " +
                   std::string{to_string(state)};
    }
    return std::nullopt;
}

// Who ends because of it ends in its turn, so a chain of any length needs no deep stack.
void Jobs::settle_others(job::Id ended, bool has_succeeded, Now now) {
    settling_.emplace_back(ended, has_succeeded);
    if (settling_.size() > 1) return;
    for (; !settling_.empty(); settling_.pop_front()) {
        auto [other, is_success] = settling_.front();
        auto decided = dependencies_.ended(other, is_success);
        for (auto id : decided.met) line_up(jobs_.at(id), now);
        for (auto id : decided.never)
            move(jobs_.at(id), job::State::failed,
                 name_of(other) + ", which it was to follow, has ended as " +
                     std::string{to_string(jobs_.at(other).state())},
                 now);
    }
}

// Where it stands in no line but is to do so at a time, that is waited for.
void Jobs::line_up(Job& job, Now now) {
    if (job.is_in_line || !job.is_committed) return;
    const auto& due = job.row.progress.due;
    auto backs_off = job.state() == job::State::retrying;
    auto may_line_up = job.state() == job::State::queued && !dependencies_.is_waiting(job.row.id);
    if (backs_off || (may_line_up && due && *due > now.wall)) {
        timers_.emplace(due.value_or(now.wall), job.row.id);
        return;
    }
    if (!may_line_up || put_off_.find(job.row.id) != nullptr) return;
    job.is_in_line = true;
    enqueue(job);
}

void Jobs::leave_line(Job& job) {
    if (const auto& due = job.row.progress.due) timers_.erase({*due, job.row.id});
    if (!job.is_in_line) return;
    job.is_in_line = false;
    dequeue(job);
}

void Jobs::explain_eligibility(const Job& job, Now now, std::vector<job::Blocker>& blockers) const {
    auto others = dependencies_.waits_for(job.row.id);
    for (const auto& other : others | std::views::take(named_others))
        blockers.push_back(
            {"dependency", "waits for " + name_of(other.id) + " to " +
                               (other.kind == Dependencies::Kind::success ? "succeed" : "end")});
    if (others.size() > named_others)
        blockers.push_back(
            {"dependency",
             "waits for " + std::to_string(others.size() - named_others) + " more jobs"});
    if (const auto& due = job.row.progress.due; due && *due > now.wall)
        blockers.push_back({"begin", "is not to begin before " + moment(*due)});
    const auto* pause = put_off_.find(job.row.id);
    if (pause == nullptr) pause = users_put_off_.find(job.row.uid);
    if (pause == nullptr) return;
    auto until = now.wall + std::chrono::ceil<Millis>(pause->until - now.time);
    blockers.push_back({"back-off", pause->why + "; is tried again at " + moment(until)});
}

// What it had was given back when its attempt ended. Of a user's jobs, which may be very many, each
// keeps its place in its line.
void Jobs::put_off(job::Id id, std::uint32_t attempt, PutOff whom, Millis pause, Now now) {
    auto* job = find_mutable(id);
    if (job == nullptr || job->row.progress.attempt != attempt) return;
    if (job->state() != job::State::queued) return;
    auto why = job->row.progress.reason.string();
    if (whom == PutOff::user)
        return users_put_off_.add(job->row.uid, now.time + pause, std::move(why));
    put_off_.add(id, now.time + pause, std::move(why));
    leave_line(*job);
}

void Jobs::tick_pauses(Now now) {
    while (auto id = put_off_.take_over(now.time))
        if (auto* job = find_mutable(*id)) line_up(*job, now);
    while (users_put_off_.take_over(now.time)) must_offer_ = true;
}

// The time for which it waited has come.
void Jobs::wake(job::Id id, Now now) {
    auto* job = find_mutable(id);
    if (job == nullptr) return;
    if (job->state() == job::State::retrying) return move(*job, job::State::queued, "", now);
    line_up(*job, now);
}

std::optional<Time> Jobs::tick_timers(Now now) {
    for (auto id : std::exchange(arrived_, {}))
        if (auto* job = find_mutable(id)) line_up(*job, now);
    auto left = most_woken;
    for (; left > 0 && !timers_.empty() && timers_.begin()->first <= now.wall; --left) {
        auto id = timers_.begin()->second;
        timers_.erase(timers_.begin());
        wake(id, now);
    }
    if (timers_.empty()) return std::nullopt;
    return now.time + std::clamp(timers_.begin()->first - now.wall, Millis{0}, longest_wait);
}

}  // namespace ccd::service
