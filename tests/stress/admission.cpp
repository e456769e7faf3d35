#include "tests/stress/admission.h"

#include <algorithm>

namespace ccd::stress {
namespace {

using job::Class;
using job::State;

bool is_active(State state) {
    return state == State::starting || state == State::running;
}

bool is_waiting(State state) {
    return state == State::queued;
}

std::string text_of(auto value) {
    return std::string{to_string(value)};
}

}  // namespace

void Admission::expect(job::Id id, Class job_class) {
    jobs_.emplace(id, Watched{job_class, State::held});
}

std::optional<std::string> Admission::observe(const job::Event& event) {
    if (event.gap) return "events are missing up to " + std::to_string(event.seq);
    if (!event.job || !event.to) return std::nullopt;
    auto is_late = event.seq <= last_seq_;
    auto late = "event " + std::to_string(event.seq) + " came after " + std::to_string(last_seq_);
    last_seq_ = std::max(last_seq_, event.seq);
    auto found = jobs_.find(*event.job);
    // The event of the submit itself is from no state to held.
    std::optional<std::string> broken;
    if (found != jobs_.end() && event.from) broken = move(found->second, *event.from, *event.to);
    if (is_late) return late;
    return broken ? "job " + std::to_string(*event.job) + " " + *broken : broken;
}

// Goes on after what breaks a rule, so that the end is still seen.
std::optional<std::string> Admission::move(Watched& job, State from, State to) {
    auto before = job.state;
    if (!is_final(before)) {
        job.state = to;
        if (is_final(to)) ++ended_;
    }
    if (from != before) return "left '" + text_of(from) + "' but was '" + text_of(before) + "'";
    return to == State::starting ? check(job) : std::nullopt;
}

std::string Admission::unsuccessful() const {
    std::string list;
    for (const auto& [id, job] : jobs_)
        if (job.state != State::succeeded)
            list += (list.empty() ? "job " : ", job ") + std::to_string(id) + " is " +
                    text_of(job.state);
    return list;
}

std::size_t Admission::count(Class job_class, bool (*is_in)(State)) const {
    return static_cast<std::size_t>(std::ranges::count_if(jobs_, [&](const auto& entry) {
        return entry.second.job_class == job_class && is_in(entry.second.state);
    }));
}

std::size_t Admission::slots_of(Class job_class) const {
    return job_class == Class::training ? slots_.training : slots_.inference;
}

// `job` has just been started.
std::optional<std::string> Admission::check(const Watched& job) const {
    auto active = count(job.job_class, &is_active);
    if (active > slots_of(job.job_class))
        return "made " + std::to_string(active) + " " + text_of(job.job_class) +
               " jobs at once, with " + std::to_string(slots_of(job.job_class)) + " slots";
    auto waiting = count(Class::inference, &is_waiting);
    auto inference = count(Class::inference, &is_active);
    if (job.job_class == Class::training && waiting > 0 && inference < slots_.inference)
        return "was started while " + std::to_string(waiting) + " inference jobs waited and " +
               std::to_string(slots_.inference - inference) + " of their slots were free";
    return std::nullopt;
}

}  // namespace ccd::stress
