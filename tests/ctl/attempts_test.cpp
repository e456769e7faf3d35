#include "ctl/attempts.h"

#include <boost/test/unit_test.hpp>

#include "lib/wire/codec.h"
#include "tests/lib/client/peer.h"

namespace {

using namespace ccd;
using job::State;

constexpr job::Id job_number = 7;

struct Counts {
    std::uint32_t begun = 0;
    std::uint32_t over = 0;
};

struct Subscribed {
    peer::Peer daemon;
    client::Client client = *client::Client::open(daemon.path(), Millis{60'000});
    ctl::Attempts attempts{job_number};

    // The daemon knows the job as this when it is asked, and has the answer ready.
    void subscribe(State state, std::uint32_t attempt) {
        daemon.accept();
        daemon.say(peer::frame_of([&](wire::Packer& packer) {
            wire::begin_result(packer, 2);
            wire::encode<job::Status::reply_fields, wire::Absent::written>(
                packer,
                job::PageReply{.jobs = {{.id = job_number, .state = state, .attempt = attempt}},
                               .total = 1});
        }));
        BOOST_TEST_REQUIRE(attempts.subscribe(client).has_value());
    }
    void tell(const job::Event& event) {
        daemon.say(peer::frame_of([&](wire::Packer& packer) {
            wire::begin_item(packer, 1);
            wire::encode<job::Events::reply_fields, wire::Absent::written>(packer, event);
        }));
    }
    void tell(State to, std::uint32_t attempt) {
        tell(job::Event{.job = job_number, .to = to, .attempt = attempt});
    }
    void listen() { BOOST_TEST_REQUIRE(attempts.listen(client).has_value()); }
    void check(Counts wanted) {
        BOOST_TEST(attempts.begun() == wanted.begun);
        BOOST_TEST(attempts.over() == wanted.over);
    }
};

BOOST_FIXTURE_TEST_SUITE(attempts, Subscribed)

BOOST_AUTO_TEST_CASE(the_state_and_the_number_say_which_have_begun_and_which_are_over) {
    struct Case {
        State state;
        std::uint32_t attempt;
        Counts counts;
    };
    for (const auto& row : {
             Case{State::held, 0, {0, 0}},
             Case{State::queued, 0, {0, 0}},
             Case{State::starting, 1, {0, 0}},
             Case{State::running, 1, {1, 0}},
             Case{State::retrying, 1, {1, 1}},
             Case{State::queued, 1, {1, 1}},
             Case{State::starting, 2, {1, 1}},
             Case{State::running, 2, {2, 1}},
             Case{State::succeeded, 2, {2, 2}},
             Case{State::cancelled, 0, {0, 0}},
         }) {
        attempts = ctl::Attempts{job_number};
        attempts.note(row.state, row.attempt);
        check(row.counts);
        BOOST_TEST(attempts.have_ended() == job::is_final(row.state));
    }
}

BOOST_AUTO_TEST_CASE(what_is_heard_late_changes_nothing) {
    attempts.note(State::running, 3);
    for (auto state : {State::starting, State::running, State::retrying, State::queued})
        attempts.note(state, 2);
    attempts.note(State::starting, 3);
    check({3, 2});
}

BOOST_AUTO_TEST_CASE(events_go_on_from_the_state_that_was_found) {
    subscribe(State::running, 2);
    check({2, 1});
    BOOST_TEST(attempts.first() == 2U);
    tell(State::retrying, 2);
    tell(State::queued, 2);
    tell(State::starting, 3);
    tell(job::Event{.seq = 9});  // a heartbeat
    listen();
    check({2, 2});
    tell(State::running, 3);
    tell(State::failed, 3);
    listen();
    check({3, 3});
    BOOST_TEST(attempts.first() == 2U);
    BOOST_TEST(attempts.have_ended());
}

BOOST_AUTO_TEST_CASE(of_a_job_that_waits_the_first_is_the_one_to_come) {
    subscribe(State::queued, 0);
    BOOST_TEST(attempts.first() == 1U);
    listen();
    check({0, 0});
}

BOOST_AUTO_TEST_CASE(missing_events_ask_for_a_new_connection) {
    subscribe(State::running, 1);
    tell(job::Event{.seq = 9, .gap = true});
    auto heard = attempts.listen(client);
    BOOST_TEST_REQUIRE(!heard.has_value());
    BOOST_TEST((heard.error().code == Errc::unreachable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
