#include "ctl/attempts.h"

#include <algorithm>
#include <string>

namespace ccd::ctl {

// Asks for the events first and then for the state, so that nothing in between is missed.
Result<void> Attempts::subscribe(client::Client& client) {
    events_ = CCD_TRY(client.send<job::Events>({.job = job_}));
    auto status = CCD_TRY(client.call<job::Status>({.ids = {job_}}));
    if (status.jobs.empty())
        return failure(Errc::not_found, "there is no job " + std::to_string(job_));
    note(status.jobs.front().state, status.jobs.front().attempt);
    if (first_ == 0) first_ = std::max(begun_, 1U);
    return {};
}

Result<void> Attempts::listen(client::Client& client) {
    while (!have_ended_ && CCD_TRY(client.is_ready(events_))) {
        auto event = CCD_TRY(client.receive_item<job::Events>(events_));
        if (!event) return failure(Errc::unreachable, "the daemon has ended the events");
        if (event->gap) return failure(Errc::unreachable, "events of the job are missing");
        if (event->job == job_ && event->to) note(*event->to, event->attempt.value_or(0));
    }
    return {};
}

void Attempts::note(job::State state, std::uint32_t attempt) {
    auto before = std::max(attempt, 1U) - 1;
    begun_ = std::max(begun_, state == job::State::starting ? before : attempt);
    over_ = std::max(over_, job::is_alive(state) ? before : attempt);
    have_ended_ |= job::is_final(state);
}

}  // namespace ccd::ctl
