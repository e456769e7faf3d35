#include "daemon/service/history.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using namespace std::chrono_literals;
constexpr Millis month = std::chrono::hours{24 * 30};

struct Keeping : Story {
    Keeping() { service.history.set_age(month, now); }

    // The question for what has expired, if it is asked now.
    std::optional<store::Expired> question() {
        effects = settle();
        for (const auto& effect : effects)
            if (const auto* asked = std::get_if<Ask>(&effect))
                return std::get<store::Expired>(asked->query);
        return std::nullopt;
    }
    void answer(const store::Answer& found) {
        service.history.deliver(found, now);
        effects = settle();
    }
    store::JobRow ended(job::Id id, std::string key = {}) {
        return {.id = id,
                .uid = alice.uid,
                .key = std::move(key),
                .progress = {.state = job::State::succeeded, .attempt = 2}};
    }
    template <class Kind>
    std::optional<Kind> last_written() {
        for (auto write = written.rbegin(); write != written.rend(); ++write)
            if (auto* found = std::get_if<Kind>(&*write)) return *found;
        return std::nullopt;
    }
    void pass(std::chrono::nanoseconds time) { now = now + time; }
};

BOOST_FIXTURE_TEST_SUITE(history_suite, Keeping)

BOOST_AUTO_TEST_CASE(it_asks_for_what_ended_longer_ago_than_the_age) {
    BOOST_TEST(!question().has_value());
    pass(10min);
    auto asked = question();
    BOOST_TEST_REQUIRE(asked.has_value());
    BOOST_TEST((asked->before == now.wall - month));
    BOOST_TEST(asked->since == 0U);
    pass(10min);
    BOOST_TEST(!question().has_value());  // one is under way
}

BOOST_AUTO_TEST_CASE(what_has_expired_goes_off_the_record_and_its_output_after_the_commit) {
    auto id = submit(row(alice));
    end(id, {.exit_code = 0});
    pass(10min);
    question();
    service.history.deliver({.jobs = {ended(id)}, .expired_event = 3}, now);
    auto decided = turn();
    BOOST_TEST_REQUIRE(decided.batch.writes.size() == 1U);
    const auto& pruned = std::get<store::Prune>(decided.batch.writes[0]);
    BOOST_TEST((pruned.jobs == std::vector<job::Id>{id}));
    BOOST_TEST(pruned.events_through == 3U);
    BOOST_TEST_REQUIRE(decided.effects.size() == 1U);
    BOOST_TEST(waits_for_commit(decided.effects[0]));
    const auto& outputs = std::get<RemoveOutputs>(decided.effects[0]).outputs;
    BOOST_TEST((outputs == std::vector<Begun>{{id, 1}, {id, 2}}));
    BOOST_TEST(service.jobs.stats(now).succeeded == 0U);
    BOOST_TEST(service.jobs.missing(id).message == "job 1 is not on record any more");
    BOOST_TEST(service.jobs.missing(id + 1).message == "there is no job 2");
}

BOOST_AUTO_TEST_CASE(the_key_of_a_job_off_the_record_is_free) {
    auto keyed = row(alice);
    keyed.key = "once";
    auto first = submit(keyed);
    end(first, {.exit_code = 0});
    auto asked_store = [&] {
        auto known = service.jobs.submit(keyed, "", {}, alice, now);
        BOOST_TEST_REQUIRE(known.has_value());
        settle();
        return !known->has_value();
    };
    BOOST_TEST(asked_store());
    pass(10min);
    question();
    answer({.jobs = {ended(first, "once")}});
    BOOST_TEST(!asked_store());
}

BOOST_AUTO_TEST_CASE(where_there_is_more_it_goes_on_after_a_pause_from_where_it_stopped) {
    pass(10min);
    question();
    answer({.jobs = {ended(7)}, .is_partial = true, .next = 7});
    BOOST_TEST(!question().has_value());
    pass(History::step_pause);
    auto asked = question();
    BOOST_TEST_REQUIRE(asked.has_value());
    BOOST_TEST(asked->since == 7U);
}

BOOST_AUTO_TEST_CASE(it_looks_again_when_the_oldest_that_is_kept_expires_and_not_before) {
    pass(10min);
    question();
    answer({.oldest_kept = now.wall - month + 2h});
    auto next = service.history.tick(now);
    BOOST_TEST((next == now.time + 2h));
    pass(2h);
    BOOST_TEST(question().has_value());
    // Nothing there is to be kept: what ends now is not old before the age is over.
    answer({});
    BOOST_TEST((service.history.tick(now) == now.time + month));
}

BOOST_AUTO_TEST_CASE(two_rounds_are_never_closer_than_the_rest_between_them) {
    pass(10min);
    question();
    answer({.oldest_kept = now.wall - month});
    BOOST_TEST((service.history.tick(now) == now.time + 10min));
    service.history.set_age(1s, now);
    BOOST_TEST((service.history.tick(now) == now.time + 1s));
}

BOOST_AUTO_TEST_CASE(without_an_age_everything_is_kept) {
    service.history.set_age(Millis{0}, now);
    pass(24h * 365);
    BOOST_TEST(!question().has_value());
    BOOST_TEST(!service.history.tick(now).has_value());
}

BOOST_AUTO_TEST_CASE(a_question_that_was_lost_is_asked_again_later) {
    pass(10min);
    question();
    service.history.failed(now);
    pass(10min);
    BOOST_TEST(question().has_value());
    service.store_is_down({.code = Errc::storage_unavailable, .message = "full"});
    load({});
    pass(10min);
    BOOST_TEST(question().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
