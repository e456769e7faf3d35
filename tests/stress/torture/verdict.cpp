#include "tests/stress/torture/verdict.h"

#include <algorithm>

#include "daemon/service/transitions.h"

namespace ccd::stress {
namespace {

using job::State;
using Attempt = std::pair<job::Id, std::uint32_t>;

std::string name_of(job::Id job) {
    return "job " + std::to_string(job);
}

std::string name_of(const Attempt& attempt) {
    return "attempt " + std::to_string(attempt.second) + " of " + name_of(attempt.first);
}

class Judge {
public:
    explicit Judge(const Evidence& evidence) : evidence_(evidence) {
        for (const auto& view : evidence.jobs) {
            jobs_.emplace(view.id, &view);
            named_[view.name.value_or("")].push_back(view.id);
        }
    }

    Verdict judge() {
        judge_events();
        for (const auto& ledger : evidence_.ledgers)
            for (const auto& entry : ledger) judge_entry(entry);
        for (const auto& [name, ids] : named_)
            say(verdict_.twice, name_of(ids.front()) + " was asked for by nobody");
        judge_lines();
        return std::move(verdict_);
    }

private:
    void say(std::uint64_t& count, std::string sentence) {
        ++count;
        if (verdict_.first.size() < Verdict::sentences)
            verdict_.first.push_back(std::move(sentence));
    }

    // Each event follows the one before, and what the table allows its job.
    void judge_events() {
        verdict_.events = evidence_.events.size();
        std::uint64_t last = 0;
        for (const auto& event : evidence_.events) {
            auto name = "event " + std::to_string(event.seq);
            if (event.gap || event.seq != last + 1)
                say(verdict_.disorder, name + " comes after " + std::to_string(last));
            last = event.seq;
            if (event.job && event.to) judge_move(*event.job, event, name);
        }
        for (const auto& [id, view] : jobs_) {
            auto state = states_.find(id);
            if (state == states_.end() || state->second != view->state)
                say(verdict_.disorder,
                    name_of(id) + " is " + text(view->state) + ", which no event says");
        }
    }

    void judge_move(job::Id id, const job::Event& event, const std::string& name) {
        auto [state, is_new] = states_.try_emplace(id, *event.to);
        auto is_right =
            is_new ? !event.from
                   : event.from == state->second && service::may_follow(state->second, *event.to);
        if (!is_right)
            say(verdict_.disorder, name + ": " + name_of(id) + " becomes " + text(*event.to) +
                                       (is_new ? " first" : " after " + text(state->second)));
        if (event.from == State::starting && event.to == State::queued && event.attempt)
            never_began_.insert({id, *event.attempt});
        state->second = *event.to;
    }

    void judge_entry(const Entry& entry) {
        auto found = named_.find(entry.name);
        auto ids = found == named_.end() ? std::vector<job::Id>{} : found->second;
        std::ranges::sort(ids);
        if (found != named_.end()) named_.erase(found);
        if (entry.id) verdict_.acknowledged += entry.count;
        if (entry.has_key && !entry.id && !entry.is_refused)
            say(verdict_.lost, "the submit of " + entry.name + " was never answered");
        for (std::uint32_t i = 0; entry.id && i < entry.count; ++i)
            if (std::ranges::find(ids, *entry.id + i) == ids.end())
                say(verdict_.lost, name_of(*entry.id + i) + " was acknowledged and is not there");
        auto most = entry.is_refused ? 0 : entry.count;
        if (ids.size() > most || (!entry.id && !ids.empty() && ids.size() != most))
            say(verdict_.twice, entry.name + " was asked for " + std::to_string(most) +
                                    " times and is there " + std::to_string(ids.size()) +
                                    " times, as " + name_of(ids.front()));
        for (auto id : ids) judge_job(entry, *jobs_.at(id));
        auto is_open = entry.is_priority_open || !entry.priority || ids.size() != 1;
        if (!is_open && jobs_.at(ids.front())->priority != *entry.priority)
            say(verdict_.lost, name_of(ids.front()) + " has priority " +
                                   std::to_string(jobs_.at(ids.front())->priority) + ", not " +
                                   std::to_string(*entry.priority) + " as acknowledged");
    }

    void judge_job(const Entry& entry, const job::View& view) {
        if (!job::is_final(view.state))
            return say(verdict_.lost, name_of(view.id) + " is still " + text(view.state));
        auto may_be = [&](bool is_right) {
            if (!is_right)
                say(verdict_.wrong, name_of(view.id) + " (" + entry.name + ") is " +
                                        text(view.state) + ", attempt " +
                                        std::to_string(view.attempt) + ", exit code " +
                                        std::to_string(view.exit_code.value_or(-1)) +
                                        (view.reason ? ": " + *view.reason : ""));
        };
        auto code = entry.plan == Plan::codes ? code_of(entry.name, view.attempt) : 0;
        switch (view.state) {
            case State::succeeded:
                expect_line(view);
                return may_be(entry.plan == Plan::codes && view.exit_code == 0 && code == 0);
            case State::failed:
                return may_be(may_fail(entry, view, code));
            case State::cancelled:
                return may_be(entry.cancelled.contains(view.id));
            case State::timed_out:
                return may_be(entry.plan == Plan::endless);
            default:
                return may_be(evidence_.slain.contains({view.id, view.attempt}));
        }
    }

    bool may_fail(const Entry& entry, const job::View& view, std::int32_t code) {
        // What it waits for can never come.
        if (!view.end) return entry.has_others;
        if (entry.plan == Plan::missing)
            return view.end == job::End::not_started && view.exit_code == 127;
        if (view.end != job::End::exit || entry.plan != Plan::codes) return false;
        expect_line(view);
        return code != 0 && view.exit_code == code;
    }

    // Its program has ended by itself, so it has run.
    void expect_line(const job::View& view) { expected_.insert({view.id, view.attempt}); }

    void judge_lines() {
        std::set<Attempt> seen;
        std::set<std::string> nonces;
        verdict_.attempts = evidence_.lines.size();
        for (const auto& line : evidence_.lines) {
            Attempt attempt{line.job, line.attempt};
            if (!seen.insert(attempt).second || !nonces.insert(line.nonce).second)
                say(verdict_.twice, name_of(attempt) + " ran twice");
            if (never_began_.contains(attempt))
                say(verdict_.twice, name_of(attempt) + " ran, and is said never to have begun");
            auto job = jobs_.find(line.job);
            if (job == jobs_.end() || job->second->attempt < line.attempt ||
                job->second->name != line.name)
                say(verdict_.twice, name_of(attempt) + " ran, and is not on record");
        }
        for (const auto& attempt : expected_)
            if (!seen.contains(attempt))
                say(verdict_.lost, name_of(attempt) + " is said to have ended and has not run");
    }

    static std::string text(State state) { return std::string{to_string(state)}; }

    const Evidence& evidence_;
    Verdict verdict_;
    std::map<job::Id, const job::View*> jobs_;
    std::map<std::string, std::vector<job::Id>> named_;  // that no entry has claimed yet
    std::map<job::Id, State> states_;                    // by the events
    std::set<Attempt> never_began_;
    std::set<Attempt> expected_;
};

}  // namespace

Verdict judge(const Evidence& evidence) {
    return Judge{evidence}.judge();
}

}  // namespace ccd::stress
