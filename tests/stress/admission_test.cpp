#include "tests/stress/admission.h"

#include <boost/test/unit_test.hpp>

namespace ccd::stress {
namespace {

using job::Class;
using job::State;

constexpr job::Id train = 1, other_train = 2, infer = 3, other_infer = 4;

struct Watch {
    Admission admission{SlotCounts{.training = 1, .inference = 1}};
    std::uint64_t seq = 0;

    Watch() {
        for (auto id : {train, other_train}) admission.expect(id, Class::training);
        for (auto id : {infer, other_infer}) admission.expect(id, Class::inference);
    }

    std::optional<std::string> goes(job::Id id, State from, State to) {
        job::Event event;
        event.seq = ++seq;
        event.job = id;
        event.from = from;
        event.to = to;
        return admission.observe(event);
    }
    void release_all() {
        for (auto id : {train, other_train, infer, other_infer})
            BOOST_TEST(!goes(id, State::held, State::queued));
    }
    void run(job::Id id) {
        BOOST_TEST(!goes(id, State::queued, State::starting));
        BOOST_TEST(!goes(id, State::starting, State::running));
    }
    void succeed(job::Id id) { BOOST_TEST(!goes(id, State::running, State::succeeded)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(admission, Watch)

BOOST_AUTO_TEST_CASE(jobs_that_take_turns_break_nothing) {
    release_all();
    run(infer);
    run(train);
    succeed(infer);
    run(other_infer);
    succeed(train);
    run(other_train);
    BOOST_TEST(!this->admission.all_ended());
    succeed(other_infer);
    succeed(other_train);
    BOOST_TEST(this->admission.all_ended());
    BOOST_TEST(this->admission.unsuccessful().empty());
}

BOOST_AUTO_TEST_CASE(training_before_a_waiting_inference_job_is_seen) {
    release_all();
    BOOST_TEST(goes(train, State::queued, State::starting).has_value());
}

BOOST_AUTO_TEST_CASE(training_beside_full_inference_slots_is_allowed) {
    release_all();
    run(infer);
    BOOST_TEST(!goes(train, State::queued, State::starting));
}

BOOST_AUTO_TEST_CASE(one_more_than_the_slots_is_seen) {
    release_all();
    run(infer);
    BOOST_TEST(goes(other_infer, State::queued, State::starting).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_that_leaves_a_state_it_was_not_in_is_seen) {
    release_all();
    BOOST_TEST(goes(infer, State::running, State::succeeded).has_value());
}

BOOST_AUTO_TEST_CASE(a_job_whose_events_are_wrong_still_ends) {
    for (auto id : {train, other_train, infer, other_infer})
        BOOST_TEST(goes(id, State::running, State::succeeded).has_value());
    BOOST_TEST(this->admission.all_ended());
}

BOOST_AUTO_TEST_CASE(an_event_out_of_order_and_a_gap_are_seen) {
    release_all();
    --seq;
    BOOST_TEST(goes(infer, State::queued, State::starting).has_value());
    job::Event gap;
    gap.gap = true;
    BOOST_TEST(this->admission.observe(gap).has_value());
}

BOOST_AUTO_TEST_CASE(heartbeats_and_jobs_of_others_are_passed_over) {
    release_all();
    BOOST_TEST(!this->admission.observe({}));
    BOOST_TEST(!goes(99, State::queued, State::starting));
    BOOST_TEST(!goes(99, State::queued, State::starting));
}

BOOST_AUTO_TEST_CASE(a_job_that_failed_is_named) {
    release_all();
    run(infer);
    BOOST_TEST(!goes(infer, State::running, State::failed));
    BOOST_TEST(this->admission.unsuccessful().find("job 3 is failed") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
