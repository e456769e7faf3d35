#include "daemon/service/reservation.h"

#include <algorithm>
#include <ranges>
#include <tuple>

namespace ccd::service {
namespace {

bool share_anything(const Demand& a, const Demand& b) {
    return (a.gpu_count > 0) == (b.gpu_count > 0) || (a.cpus > 0 && b.cpus > 0) ||
           (a.memory.count > 0 && b.memory.count > 0);
}

}  // namespace

bool Reservation::concerns(const Demand& demand) const {
    return share_anything(demand_, demand);
}

// Those with a limit by it; then those that were there before, the oldest first; then who passed;
// then who is to come.
void Reservation::order(std::vector<Runner>& runners) const {
    std::ranges::sort(runners, {}, [&](const Runner& runner) {
        return std::tuple{!runner.ends.has_value(), runner.ends.value_or(Time{}),
                          !runner.ends && runner.is_to_come,
                          !runner.ends && passers_.contains(runner.job), runner.job};
    });
}

std::optional<Forecast> Reservation::forecast(const Ledger& ledger, std::vector<Runner> runners,
                                              Time now) const {
    std::erase_if(runners, [&](const Runner& runner) {
        const auto* holding = ledger.holding(runner.job);
        return holding == nullptr || !concerns(holding->demand);
    });
    order(runners);
    Forecast forecast{.then = ledger, .cards = {}, .at = now};
    auto& then = forecast.then;
    then.assume_later();
    auto cards = then.find_room(demand_);
    Dropped dropped;
    for (auto runner = runners.begin(); !cards && runner != runners.end(); ++runner) {
        if (!runner->ends) dropped.emplace_back(runner->job, *then.holding(runner->job));
        then.assume_ended(runner->job);
        forecast.at = runner->ends ? std::optional{std::max(now, *runner->ends)} : std::nullopt;
        // Whoever ends at the same time is gone as well.
        auto next = std::next(runner);
        if (runner->ends && next != runners.end() && next->ends == runner->ends) continue;
        cards = then.find_room(demand_);
    }
    if (!cards) return std::nullopt;
    let_stay(then, dropped);
    forecast.cards = then.find_room(demand_).value_or(std::vector<std::string>{});
    then.take(job_, demand_, forecast.cards);
    return forecast;
}

// Of those who leave nobody knows when, only who must.
void Reservation::let_stay(Ledger& then, const Dropped& dropped) const {
    for (const auto& [job, holding] : dropped | std::views::reverse) {
        then.assume_running(job, holding);
        if (!then.find_room(demand_)) then.assume_ended(job);
    }
}

}  // namespace ccd::service
