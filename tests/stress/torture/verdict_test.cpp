// A run that went well, and each fault planted into it.
#include "tests/stress/torture/verdict.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using namespace ccd::stress;
using job::State;

struct Trial {
    Trial() {
        evidence.ledgers.resize(1);
        // One that succeeds, one whose code is another than 0.
        add(name_with(true), State::succeeded);
        add(name_with(false), State::failed);
    }

    // A name whose first attempt succeeds, or not.
    static std::string name_with(bool is_good) {
        for (int i = 0;; ++i) {
            auto name = "t0-" + std::to_string(i);
            if ((code_of(name, 1) == 0) == is_good) return name;
        }
    }
    void event(job::Id job, std::optional<State> from, State to,
               std::optional<std::uint32_t> attempt = {}) {
        evidence.events.push_back({.seq = evidence.events.size() + 1,
                                   .job = job,
                                   .from = from,
                                   .to = to,
                                   .attempt = attempt});
    }
    void add(std::string name, State as) {
        auto id = evidence.jobs.size() + 1;
        evidence.ledgers[0].push_back({.name = name, .has_key = true, .id = id});
        job::View view{.id = id, .name = name, .state = as, .attempt = 1};
        view.exit_code = code_of(name, 1);
        view.end = job::End::exit;
        evidence.jobs.push_back(view);
        evidence.lines.push_back({name, id, 1, "n-" + std::to_string(id)});
        event(id, {}, State::queued);
        event(id, State::queued, State::starting, 1);
        event(id, State::starting, State::running, 1);
        event(id, State::running, as, 1);
    }
    Entry& entry() { return evidence.ledgers[0][0]; }
    job::View& job() { return evidence.jobs[0]; }
    Verdict verdict() const { return judge(evidence); }

    Evidence evidence;
};

BOOST_FIXTURE_TEST_SUITE(verdict_suite, Trial)

BOOST_AUTO_TEST_CASE(where_all_went_well_nothing_is_found) {
    BOOST_TEST(verdict().is_good(), (verdict().first.empty() ? "" : verdict().first.front()));
    BOOST_TEST(verdict().acknowledged == 2U);
    BOOST_TEST(verdict().attempts == 2U);
    BOOST_TEST(verdict().events == 8U);
}

BOOST_AUTO_TEST_CASE(an_acknowledged_job_that_is_not_there_is_lost) {
    evidence.jobs.erase(evidence.jobs.begin());
    evidence.lines.erase(evidence.lines.begin());
    BOOST_TEST(verdict().lost == 1U);
    BOOST_TEST(verdict().first.front() == "job 1 was acknowledged and is not there");
}

BOOST_AUTO_TEST_CASE(a_job_that_has_not_ended_is_lost) {
    job().state = State::running;
    evidence.events[3].to = State::running;
    BOOST_TEST(verdict().lost >= 1U);
}

BOOST_AUTO_TEST_CASE(a_submit_with_a_key_that_was_never_answered_is_lost) {
    entry().id.reset();
    BOOST_TEST(verdict().lost == 1U);
    entry().has_key = false;
    BOOST_TEST(verdict().is_good());
    entry().is_refused = true;
    BOOST_TEST(verdict().twice == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_there_twice_or_that_nobody_asked_for_is_found) {
    add(entry().name, State::succeeded);
    evidence.ledgers[0].pop_back();
    BOOST_TEST(verdict().twice == 1U);
    evidence.ledgers[0].clear();
    BOOST_TEST(verdict().twice == 2U);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_ran_twice_is_found) {
    auto line = evidence.lines.front();
    line.nonce = "other";
    evidence.lines.push_back(line);
    BOOST_TEST(verdict().twice == 1U);
    BOOST_TEST(verdict().first.front() == "attempt 1 of job 1 ran twice");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_ran_though_it_is_said_never_to_have_begun_is_found) {
    evidence.events[2].to = State::queued;
    BOOST_TEST(verdict().twice == 1U);
    BOOST_TEST(verdict().disorder == 1U);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_is_not_on_record_is_found) {
    evidence.lines.front().attempt = 2;
    BOOST_TEST(verdict().twice == 1U);
    BOOST_TEST(verdict().lost == 1U);  // and the one that is has not run
}

BOOST_AUTO_TEST_CASE(a_wrong_exit_code_or_state_is_found) {
    job().exit_code = 77;
    BOOST_TEST(verdict().wrong == 1U);
    job().exit_code = 0;
    evidence.jobs[1].exit_code = *evidence.jobs[1].exit_code + 1;
    BOOST_TEST(verdict().wrong == 1U);
    for (auto state : {State::cancelled, State::timed_out, State::lost}) {
        evidence = Trial{}.evidence;
        job().state = evidence.events[3].to.emplace(state);
        BOOST_TEST(verdict().wrong == 1U);
    }
}

BOOST_AUTO_TEST_CASE(what_we_did_to_a_job_explains_its_end) {
    job().state = evidence.events[3].to.emplace(State::cancelled);
    entry().cancelled = {1};
    BOOST_TEST(verdict().is_good());
    job().state = evidence.events[3].to.emplace(State::lost);
    evidence.slain = {{1, 1}};
    BOOST_TEST(verdict().is_good());
    job().state = evidence.events[3].to.emplace(State::timed_out);
    entry().plan = Plan::endless;
    BOOST_TEST(verdict().is_good());
}

BOOST_AUTO_TEST_CASE(an_acknowledged_priority_that_is_gone_is_lost) {
    entry().priority = 3;
    job().priority = 5;
    BOOST_TEST(verdict().lost == 1U);
    entry().is_priority_open = true;
    BOOST_TEST(verdict().is_good());
}

BOOST_AUTO_TEST_CASE(a_gap_between_events_is_found) {
    evidence.events.erase(evidence.events.begin() + 4);
    BOOST_TEST(verdict().disorder == 2U);  // and the first of job 2 says that it was queued
}

BOOST_AUTO_TEST_CASE(a_move_that_the_table_does_not_list_is_found) {
    evidence.events[1].to = State::running;
    evidence.events[2].from = State::running;
    BOOST_TEST(verdict().disorder >= 1U);
}

BOOST_AUTO_TEST_CASE(a_job_that_events_leave_elsewhere_is_found) {
    evidence.events.pop_back();
    BOOST_TEST(verdict().disorder == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
