#include "daemon/service/check.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "daemon/service/queues.h"

namespace ccd::service {
namespace {

constexpr auto no_limit = static_cast<job::Id>(std::numeric_limits<std::int64_t>::max());

std::vector<job::State> unfinished_states() {
    std::vector<job::State> states;
    for (const auto& row : job::state_table)
        if (!job::is_final(row.value)) states.push_back(row.value);
    return states;
}

std::string of(std::uint64_t part, std::uint64_t whole) {
    return std::to_string(part) + " of " + std::to_string(whole);
}

}  // namespace

Result<void> Check::begin(const Ticket& ticket, Repair repair, Now now) {
    if (is_under_way())
        return failure(Errc::conflict, "a check is under way; ask again when it has ended");
    if (is_inspecting_)
        return failure(Errc::conflict, "the check before is just being ended; ask again");
    ticket_ = ticket;
    findings_ = Findings{repair};
    looked_at_ = {{"attempts", 0}, {"environments", 0}, {"events", 0}, {"jobs", 0},
                  {"outputs", 0},  {"pages", 0},        {"queues", 0}, {"records", 0}};
    next_tell_ = now.time + tell_pause;
    census_tries_ = 0;
    folder_.reset();
    unknown_.clear();
    asked_.clear();
    orphaned_.clear();
    history_.set_resting(true);
    step_ = Step::attempts;
    decisions_.effects.emplace_back(InspectAttempts{ask_number()});
    return {};
}

void Check::ask(store::Query query) {
    decisions_.effects.emplace_back(Ask{
        .ticket = {}, .caller = {}, .query = std::move(query), .purpose = AskCheck{ask_number()}});
}

void Check::deliver(std::uint64_t number, const Result<store::Answer>& answer, Now now) {
    if (!is_under_way() || number != number_) return;
    if (step_ == Step::copying) return on_copied(answer, now);
    if (!answer) return interrupt(answer.error());
    if (step_ == Step::rows)
        on_rows(*answer, now);
    else if (step_ == Step::census)
        on_census(*answer, now);
    else if (step_ == Step::on_record) {
        on_record(*answer);
        ask_whether_on_record();
    }
}

// In the turn of this call nobody's changes are between two places.
void Check::attempts_are(std::uint64_t number, std::span<const Begun> attempts, Now now) {
    if (!is_expected(number, Step::attempts)) return;
    looked_at_["attempts"] = attempts.size();
    jobs_.inspect(findings_, now);
    jobs_.compare_attempts(attempts, committed_, findings_);
    step_ = Step::rows;
    before_ = no_limit;
    ask_rows();
}

void Check::ask_rows() {
    ask(store::JobPage{.states = unfinished_states(),
                       .uid = {},
                       .tag = {},
                       .limit = rows_per_step,
                       .before = before_});
}

void Check::on_rows(const store::Answer& answer, Now now) {
    looked_at_["jobs"] += jobs_.compare_page(answer, before_, committed_, findings_);
    if (!answer.is_partial) {
        step_ = Step::census;
        return ask_census(now);
    }
    before_ = answer.next;
    tell(std::to_string(looked_at_["jobs"]) + " unfinished jobs compared", now);
    ask_rows();
}

void Check::ask_census(Now now) {
    if (++census_tries_ <= census_tries) return ask(store::Census{});
    step_ = Step::copying;
    tell("copying the database", now);
    copy(store::CopyStep::What::begin);
}

// Memory and disk count the same only where nothing is between them.
void Check::on_census(const store::Answer& answer, Now now) {
    auto is_all_on_disk = decisions_.batch.empty() && committed_ + 1 == decisions_.batch_id;
    if (is_all_on_disk) {
        jobs_.compare_census(answer.finished_by_state, findings_);
        census_tries_ = census_tries;
    }
    ask_census(now);
}

void Check::copy(store::CopyStep::What what) {
    ask(store::CopyStep{what});
}

void Check::on_copied(const Result<store::Answer>& answer, Now now) {
    if (!answer) {
        findings_.add("database", "file", "it was not looked at: " + answer.error().message);
        return ask_outputs();
    }
    looked_at_["pages"] = answer->pages;
    if (answer->is_partial) {
        tell("copying the database: " + of(answer->pages - answer->pages_left, answer->pages) +
                 " pages",
             now);
        return copy(store::CopyStep::What::go_on);
    }
    step_ = Step::inspecting;
    next_tell_ = now.time;
    tell("looking through a copy of the database", now);
    is_inspecting_ = true;
    decisions_.effects.emplace_back(InspectCopy{ask_number()});
}

void Check::copy_is(std::uint64_t number, const Result<store::Inspection>& found) {
    is_inspecting_ = false;
    if (!is_expected(number, Step::inspecting)) return;
    if (!found) {
        findings_.add("database", "file", "it was not looked at: " + found.error().message);
        return ask_outputs();
    }
    looked_at_["records"] = found->jobs;
    looked_at_["environments"] = found->environments;
    looked_at_["events"] = found->events;
    looked_at_["queues"] = found->queues.size();
    for (const auto& damage : found->damage) add_damage(damage);
    Queues::inspect(found->queues, found->last_queue, findings_);
    ask_outputs();
}

void Check::add_damage(const store::Damage& damage) {
    using Part = store::Damage::Part;
    auto number = std::to_string(damage.number);
    switch (damage.part) {
        case Part::file:
            return findings_.add("database", "file", damage.detail);
        case Part::tally:
            return findings_.add("counters", "on disk", damage.detail);
        case Part::events:
            return findings_.add("events", "on disk", damage.detail);
        case Part::queues:
            return findings_.add("queues", "on disk", damage.detail);
        case Part::job:
            return findings_.add("environments", "job " + number, damage.detail);
        case Part::environment:
            break;
    }
    auto is_repaired = findings_.is_repairing() && jobs_.drop_unused(damage.number);
    findings_.add("environments", "environment " + number, damage.detail, is_repaired);
}

void Check::ask_outputs() {
    step_ = Step::outputs;
    decisions_.effects.emplace_back(ListOutputs{ask_number(), folder_});
}

void Check::outputs_are(std::uint64_t number, std::optional<std::uint64_t> folder,
                        std::vector<Begun> outputs, Now now) {
    if (!is_expected(number, Step::outputs)) return;
    if (!folder) return finish();
    folder_ = folder;
    looked_at_["outputs"] += outputs.size();
    tell(std::to_string(looked_at_["outputs"]) + " outputs looked for on record", now);
    for (const auto& output : outputs) {
        auto job = jobs_.all().find(output.job);
        if (job == jobs_.all().end())
            unknown_.push_back(output);
        else
            compare_output(output, job->second.row.progress.attempt);
    }
    std::ranges::sort(unknown_);
    step_ = Step::on_record;
    ask_whether_on_record();
}

// The outputs of a job stay together.
void Check::ask_whether_on_record() {
    if (unknown_.empty() && orphaned_.empty()) return ask_outputs();
    if (unknown_.empty()) {
        step_ = Step::still_there;
        decisions_.effects.emplace_back(LookForOutputs{ask_number(), std::exchange(orphaned_, {})});
        return;
    }
    store::JobsById query{.ids = {}, .is_brief = true};
    auto end = unknown_.begin();
    for (; end != unknown_.end(); ++end) {
        if (!query.ids.empty() && query.ids.back() == end->job) continue;
        if (query.ids.size() == outputs_per_step) break;
        query.ids.push_back(end->job);
    }
    asked_.assign(unknown_.begin(), end);
    unknown_.erase(unknown_.begin(), end);
    ask(std::move(query));
}

void Check::on_record(const store::Answer& answer) {
    for (const auto& output : std::exchange(asked_, {})) {
        auto row = std::ranges::find(answer.jobs, output.job, &store::JobRow::id);
        if (row == answer.jobs.end())
            orphaned_.push_back(output);
        else
            // It may have been tried again by hand since it was found.
            compare_output(output, std::max(row->progress.attempt,
                                            jobs_.all().contains(output.job)
                                                ? jobs_.all().at(output.job).row.progress.attempt
                                                : 0));
    }
}

void Check::compare_output(const Begun& output, std::uint32_t attempts) {
    if (output.attempt <= attempts) return;
    findings_.add("outputs", "job " + std::to_string(output.job),
                  "there is an output of attempt " + std::to_string(output.attempt) + ", and " +
                      std::to_string(attempts) + " have begun");
}

// What goes off the record loses its output a moment later: what is there no longer is no finding.
// Numbers are given once, so what is not on record never comes back; but a number that is yet to be
// given may be given now.
void Check::outputs_are_still(std::uint64_t number, const std::vector<Begun>& outputs) {
    if (!is_expected(number, Step::still_there)) return;
    RemoveOutputs removed;
    for (const auto& output : outputs) {
        auto is_repaired = findings_.is_repairing() && output.job <= jobs_.last_id();
        if (is_repaired) removed.outputs.push_back(output);
        findings_.add("outputs", "job " + std::to_string(output.job),
                      "there is an output of attempt " + std::to_string(output.attempt) +
                          ", and no such job is on record",
                      is_repaired);
    }
    if (!removed.outputs.empty()) decisions_.effects.emplace_back(std::move(removed));
    ask_outputs();
}

void Check::tell(std::string doing, Now now) {
    if (now.time < next_tell_) return;
    next_tell_ = now.time + tell_pause;
    decisions_.effects.emplace_back(TellCheck{.ticket = ticket_,
                                              .reply = {.findings = {},
                                                        .found = findings_.found(),
                                                        .repaired = findings_.repaired(),
                                                        .looked_at = looked_at_,
                                                        .doing = std::move(doing),
                                                        .done = false}});
}

void Check::finish() {
    decisions_.effects.emplace_back(TellCheck{.ticket = ticket_,
                                              .reply = {.findings = findings_.list(),
                                                        .found = findings_.found(),
                                                        .repaired = findings_.repaired(),
                                                        .looked_at = looked_at_,
                                                        .doing = {},
                                                        .done = true}});
    stop();
}

void Check::stop() {
    step_ = Step::idle;
    if (is_inspecting_) decisions_.effects.emplace_back(StopInspection{});
    history_.set_resting(false);
}

void Check::interrupt(const Error& why) {
    if (!is_under_way()) return;
    decisions_.effects.emplace_back(Refuse{ticket_, why});
    stop();
}

// A copy that was begun is not finished any more; asking for nothing else removes it.
void Check::forget(std::uint64_t connection) {
    if (!is_under_way() || ticket_.connection != connection) return;
    auto was_copying = step_ == Step::copying;
    stop();
    if (was_copying) copy(store::CopyStep::What::give_up);
}

}  // namespace ccd::service
