#include "daemon/service/events.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

const Ticket listener{5, 1};

struct Following : Story {
    void subscribe(std::optional<std::uint64_t> since = {}, store::EventFilter filter = {}) {
        auto taken = service.events.subscribe(listener, std::move(filter), since, now);
        BOOST_TEST_REQUIRE(taken.has_value());
    }
    std::vector<std::uint64_t> published(const std::vector<Effect>& decided) {
        std::vector<std::uint64_t> seqs;
        for (const auto& effect : decided)
            if (const auto* one = std::get_if<Publish>(&effect); one != nullptr && one->event.job)
                seqs.push_back(one->event.seq);
        return seqs;
    }
    std::size_t questions(const std::vector<Effect>& decided) {
        effects = decided;
        for (const auto& effect : decided)
            if (const auto* asked = std::get_if<Ask>(&effect))
                last_question = std::get<AskEvents>(asked->purpose).number;
        return count<Ask>();
    }
    static job::Event event(std::uint64_t seq) { return {.seq = seq, .job = 1}; }
    // So many events are on record, and none is in memory.
    void begin_anew(std::uint64_t last) { load({}, {.last_event = last}); }
    void publish_some(std::uint64_t number) {
        for (; number > 0; --number)
            service.events.add({.job = 1, .to = job::State::queued}, alice.uid);
        effects = settle();
    }
    // Answers the question that was asked last.
    void deliver(const store::Answer& answer) {
        service.events.deliver(listener, last_question, answer);
    }
    std::uint64_t last_question = 0;
};

BOOST_FIXTURE_TEST_SUITE(events_suite, Following)

BOOST_AUTO_TEST_CASE(an_event_is_published_after_its_commit_and_not_before) {
    subscribe();
    BOOST_TEST(service.jobs.submit(row(alice, 1), "", {}, alice, now).has_value());
    auto decided = turn();
    BOOST_TEST(published(decided.effects).empty());
    service.committed(decided.batch_id);
    BOOST_TEST(published(turn().effects) == (std::vector<std::uint64_t>{1}));
}

BOOST_AUTO_TEST_CASE(numbers_have_no_gaps_and_follow_the_order_of_the_changes) {
    subscribe();
    auto id = submit(row(alice, 1));
    auto seen = published(effects);
    run(id);
    end(id, {.exit_code = 0});
    BOOST_TEST(seen == (std::vector<std::uint64_t>{1, 2}));
    BOOST_TEST(service.events.last() == 4U);
}

BOOST_AUTO_TEST_CASE(what_is_in_memory_is_asked_of_nobody) {
    submit(row(alice, 1));
    run(1);
    subscribe(1);
    auto decided = settle();
    BOOST_TEST(published(decided) == (std::vector<std::uint64_t>{2, 3}));
    BOOST_TEST(questions(decided) == 0U);
    end(1, {.exit_code = 0});
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{4}));
}

BOOST_AUTO_TEST_CASE(who_asks_for_older_ones_reads_the_store_until_it_has_caught_up) {
    begin_anew(2);
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    deliver({.events = {event(1)}, .is_partial = true});
    auto decided = settle();
    BOOST_TEST(published(decided) == (std::vector<std::uint64_t>{1}));
    BOOST_TEST(questions(decided) == 1U);
    deliver({.events = {event(2)}});
    decided = settle();
    BOOST_TEST(published(decided) == (std::vector<std::uint64_t>{2}));
    BOOST_TEST(questions(decided) == 0U);
    submit(row(alice, 1));
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{3, 4}));
}

BOOST_AUTO_TEST_CASE(what_is_committed_while_a_page_is_read_is_not_missed_and_not_given_twice) {
    begin_anew(2);
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    auto id = submit(row(alice, 1));
    BOOST_TEST(published(effects).empty());
    // The page was read when event 3 was on disk, and 4 was not.
    deliver({.events = {event(1), event(2), event(3)}, .next = 3});
    auto decided = settle();
    BOOST_TEST(published(decided) == (std::vector<std::uint64_t>{1, 2, 3, 4}));
    BOOST_TEST(questions(decided) == 0U);
    run(id);
    end(id, {.exit_code = 0});
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{6}));
}

// However much happens between a question and its answer, up to what is kept.
BOOST_AUTO_TEST_CASE(at_full_rate_a_follower_becomes_live_with_one_question) {
    begin_anew(5);
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    publish_some(Events::recent_limit);
    deliver({.events = {event(5)}, .next = 5});
    BOOST_TEST(published(settle()).size() == 1 + Events::recent_limit);
    BOOST_TEST(questions(settle()) == 0U);
    publish_some(1);
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{6 + Events::recent_limit}));
}

BOOST_AUTO_TEST_CASE(who_lacks_more_than_is_kept_asks_the_store_once_more) {
    begin_anew(5);
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    publish_some(Events::recent_limit + 1);
    deliver({.events = {event(5)}, .next = 5});
    auto decided = settle();
    BOOST_TEST(published(decided) == (std::vector<std::uint64_t>{5}));
    BOOST_TEST(questions(decided) == 1U);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_gets_no_more_than_a_page_from_memory) {
    submit(row(alice, 1));
    publish_some(2 * Events::page_limit);
    subscribe(0);
    auto decided = turn().effects;
    BOOST_TEST(published(decided).size() == Events::page_limit);
    service.events.congested(listener.connection);
    BOOST_TEST(settle().empty());
    service.events.drained(listener.connection);
    decided = settle();
    BOOST_TEST(published(decided).front() == Events::page_limit + 1);
    BOOST_TEST(published(decided).back() == service.events.last());
    BOOST_TEST(questions(decided) == 0U);
}

BOOST_AUTO_TEST_CASE(an_event_is_told_to_all_who_follow_at_once) {
    subscribe();
    BOOST_TEST(service.events.subscribe({6, 9}, {}, {}, now).has_value());
    submit(row(alice, 1));
    BOOST_TEST(count<Publish>() == 2U);
    BOOST_TEST((std::get<Publish>(effects.front()).to == std::vector<Ticket>{listener, {6, 9}}));
}

BOOST_AUTO_TEST_CASE(a_slow_reader_is_given_what_it_lacks_when_it_has_read) {
    subscribe();
    service.events.congested(listener.connection);
    submit(row(alice, 1));
    BOOST_TEST(published(effects).empty());
    service.events.drained(listener.connection);
    auto decided = settle();
    BOOST_TEST(questions(decided) == 0U);
    BOOST_TEST(published(decided) == (std::vector<std::uint64_t>{1, 2}));
}

BOOST_AUTO_TEST_CASE(who_reads_the_store_too_slowly_gets_one_page_and_the_rest_when_it_has_read) {
    begin_anew(2);
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    deliver({.events = {event(1)}, .is_partial = true, .next = 1});
    BOOST_TEST(questions(settle()) == 1U);
    service.events.congested(listener.connection);
    deliver({.events = {event(2)}});
    BOOST_TEST(!service.has_decided());
    service.events.drained(listener.connection);
    BOOST_TEST(questions(settle()) == 1U);
    deliver({.events = {event(2)}});
    BOOST_TEST(published(settle()) == (std::vector<std::uint64_t>{2}));
}

BOOST_AUTO_TEST_CASE(a_page_without_events_of_its_job_is_progress) {
    begin_anew(20'000);
    subscribe(0, {.job = 77});
    BOOST_TEST(questions(settle()) == 1U);
    deliver({.is_partial = true, .next = 10'000});
    BOOST_TEST_REQUIRE(questions(settle()) == 1U);
    for (const auto& effect : effects)
        if (const auto* asked = std::get_if<Ask>(&effect))
            BOOST_TEST(std::get<store::EventPage>(asked->query).since == 10'000U);
}

BOOST_AUTO_TEST_CASE(a_number_beyond_the_last_one_is_a_gap_and_then_goes_on_from_here) {
    submit(row(alice, 1));
    subscribe(5'000);
    effects = settle();
    BOOST_TEST_REQUIRE(count<Publish>() == 1U);
    const auto& gap = std::get<Publish>(effects.front()).event;
    BOOST_TEST(gap.gap);
    BOOST_TEST(gap.seq == 2U);
    run(1);
    BOOST_TEST(service.events.last() == 3U);
    end(1, {.exit_code = 0});
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{4}));
}

BOOST_AUTO_TEST_CASE(after_an_outage_a_follower_reads_what_is_on_record_and_nothing_else) {
    subscribe();
    submit(row(alice, 1));
    // The next change fails: its event never happened, and its number is given again.
    service.jobs.started(1, 1, now.wall, now);
    auto failed = turn();
    service.store_is_down({.code = Errc::storage_unavailable, .message = "the disk is full"});
    load({}, {.last_job = 1, .last_event = 2});
    BOOST_TEST(questions(settle()) == 0U);
    submit(row(alice, 1));
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{3, 4}));
    BOOST_TEST(!failed.batch.empty());
}

BOOST_AUTO_TEST_CASE(an_answer_from_before_an_outage_is_not_taken_for_one_from_after_it) {
    begin_anew(2);
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    auto old = last_question;
    service.store_is_down({.code = Errc::storage_unavailable, .message = "the disk hangs"});
    load({}, {.last_job = 1, .last_event = 3});
    BOOST_TEST(questions(settle()) == 1U);
    service.events.deliver(listener, old, {.events = {event(1), event(2)}});
    BOOST_TEST(!service.has_decided());
    deliver({.events = {event(1), event(2), event(3)}});
    BOOST_TEST(published(settle()) == (std::vector<std::uint64_t>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(an_event_tells_nothing_that_is_only_for_the_owner) {
    auto id = submit(row(alice, 1));
    run(id);
    BOOST_TEST(service.jobs.cancel({.ids = {id}, .reason = "too dear"}, alice, now).has_value());
    end(id, {.signal = 15, .cause = Outcome::Cause::stop});
    for (const auto& write : written)
        if (const auto* event = std::get_if<job::Event>(&write); event != nullptr && event->reason)
            BOOST_TEST(event->reason->find("dear") == std::string::npos);
    BOOST_TEST(last_progress(id).reason.view() == "cancelled by uid 1000: too dear");
}

BOOST_AUTO_TEST_CASE(a_filter_lets_only_its_job_through) {
    subscribe({}, {.job = 2});
    submit(row(alice, 1));
    BOOST_TEST(published(effects).empty());
    submit(row(alice, 1));
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{3, 4}));
}

BOOST_AUTO_TEST_CASE(filters_by_user_and_state_hold_for_what_happens_and_what_is_in_memory) {
    subscribe({}, {.uid = bob.uid, .states = {job::State::starting, job::State::running}});
    submit(row(alice, 1));
    BOOST_TEST(published(effects).empty());
    submit(row(bob, 1));
    BOOST_TEST(published(effects) == (std::vector<std::uint64_t>{4}));
    // Resumed, they let the same through.
    service.forget(listener.connection);
    subscribe(0, {.uid = alice.uid, .states = {job::State::starting}});
    BOOST_TEST(published(settle()) == (std::vector<std::uint64_t>{2}));
}

BOOST_AUTO_TEST_CASE(the_store_is_asked_with_the_filter_and_its_answer_given) {
    begin_anew(9);
    subscribe(0, {.uid = bob.uid, .states = {job::State::failed}});
    effects = settle();
    BOOST_TEST_REQUIRE(questions(effects) == 1U);
    const auto& asked = std::get<Ask>(effects.front());
    const auto& filter = std::get<store::EventPage>(asked.query).filter;
    BOOST_TEST((filter.uid == bob.uid));
    BOOST_TEST(filter.states.size() == 1U);
    deliver({.events = {{.seq = 3, .job = 1, .to = job::State::failed}}, .next = 9});
    BOOST_TEST(published(settle()) == (std::vector<std::uint64_t>{3}));
}

BOOST_AUTO_TEST_CASE(
    a_heartbeat_comes_every_fifteen_seconds_and_nobody_is_woken_without_listeners) {
    BOOST_TEST(!service.tick(now).has_value());
    subscribe();
    BOOST_TEST((service.tick(now).value() == now.time + Events::heartbeat));
    now = now + Events::heartbeat;
    effects = settle();
    BOOST_TEST_REQUIRE(count<Publish>() == 1U);
    BOOST_TEST(!std::get<Publish>(effects.front()).event.job.has_value());
    service.forget(listener.connection);
    BOOST_TEST(!service.tick(now).has_value());
}

BOOST_AUTO_TEST_CASE(a_connection_follows_so_many_streams_and_no_more) {
    auto subscribe = [&](const Ticket& ticket) {
        return service.events.subscribe(ticket, {}, {}, now);
    };
    for (std::uint64_t i = 1; i <= Events::streams_limit; ++i)
        BOOST_TEST(subscribe({5, i}).has_value());
    auto refused = subscribe({5, 1'000});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::over_limit));
    BOOST_TEST(subscribe({6, 1}).has_value());
    service.forget(5);
    BOOST_TEST(subscribe({5, 1}).has_value());
}

BOOST_AUTO_TEST_CASE(who_has_gone_is_told_nothing) {
    subscribe();
    service.forget(listener.connection);
    submit(row(alice, 1));
    BOOST_TEST(count<Publish>() == 0U);
    deliver({.events = {event(1)}});
    BOOST_TEST(!service.has_decided());
}

BOOST_AUTO_TEST_CASE(who_asks_for_pruned_events_gets_a_gap_and_goes_on_behind_it) {
    load({}, {.last_event = 9, .pruned_event = 5});
    subscribe(2);
    auto decided = settle();
    const auto& gap = std::get<Publish>(decided.front()).event;
    BOOST_TEST(gap.gap);
    BOOST_TEST(gap.seq == 5U);
    const auto& page = std::get<store::EventPage>(std::get<Ask>(decided.back()).query);
    BOOST_TEST(page.since == 5U);
}

BOOST_AUTO_TEST_CASE(who_has_seen_all_that_was_pruned_gets_no_gap) {
    load({}, {.last_event = 9, .pruned_event = 5});
    subscribe(5);
    BOOST_TEST(settle().size() == 1U);
}

BOOST_AUTO_TEST_CASE(events_that_are_pruned_while_a_page_is_read_are_a_gap_unless_it_has_them) {
    load({}, {.last_event = 9});
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    service.events.prune(5);
    deliver({.events = {event(6)}});
    auto decided = settle();
    BOOST_TEST_REQUIRE(decided.size() == 2U);
    BOOST_TEST(std::get<Publish>(decided[0]).event.gap);
    BOOST_TEST(std::get<Publish>(decided[1]).event.seq == 6U);
}

BOOST_AUTO_TEST_CASE(a_page_that_was_read_before_the_pruning_is_given) {
    load({}, {.last_event = 9});
    subscribe(0);
    BOOST_TEST(questions(settle()) == 1U);
    service.events.prune(5);
    deliver({.events = {event(1), event(6)}});
    BOOST_TEST(published(settle()) == (std::vector<std::uint64_t>{1, 6}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
