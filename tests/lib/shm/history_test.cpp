#include "tests/lib/shm/history.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <string>
#include <utility>

namespace ccd::shm {
namespace {

using Kind = Operation::Kind;

Operation put(Value value, int from, int to) {
    return {.kind = Kind::put, .value = value, .invoked = Instant{from}, .returned = Instant{to}};
}

Operation take(Value value, int from, int to) {
    return {.kind = Kind::take, .value = value, .invoked = Instant{from}, .returned = Instant{to}};
}

Operation find_nothing(int from, int to) {
    return {.kind = Kind::take, .value = {}, .invoked = Instant{from}, .returned = Instant{to}};
}

Operation die_putting(Value value, int from) {
    return {.kind = Kind::put, .value = value, .invoked = Instant{from}};
}

Operation die_taking(int from) {
    return {.kind = Kind::take, .value = {}, .invoked = Instant{from}};
}

// "none", or its name.
std::string broken_rule(const History& history) {
    const std::string sentence = violation(history).value_or("none");
    return sentence.substr(0, sentence.find(':'));
}

// Tries every order in which the operations of a short history can have happened.
class Orders {
public:
    explicit Orders(const History& history) : history_(history) {}

    bool any_is_a_queue() { return any_from(0, {}); }

private:
    using Done = unsigned;  // a bit for each operation

    bool any_from(Done done, const std::vector<Value>& line) const {
        bool is_over = true;
        for (std::size_t i = 0; i < history_.size(); ++i) {
            if ((done >> i & 1) != 0) continue;
            is_over &= history_[i].returned == never;
            std::vector<Value> then = line;
            if (may_be_next(i, done) && happens(history_[i], then) &&
                any_from(done | 1U << i, then))
                return true;
        }
        return is_over;
    }

    bool may_be_next(std::size_t next, Done done) const {
        for (std::size_t i = 0; i < history_.size(); ++i)
            if ((done >> i & 1) == 0 && history_[i].returned < history_[next].invoked) return false;
        return true;
    }

    static bool happens(const Operation& act, std::vector<Value>& line) {
        if (act.kind == Kind::put) {
            line.push_back(*act.value);
            return true;
        }
        const bool finds_nothing = !act.value && act.returned != never;
        if (finds_nothing || line.empty()) return finds_nothing && line.empty();
        if (act.value && *act.value != line.front()) return false;
        line.erase(line.begin());
        return true;
    }

    const History& history_;
};

class Chance {
public:
    explicit Chance(std::uint32_t seed) : engine_(seed) {}

    int below(int limit) { return static_cast<int>(engine_() % static_cast<unsigned>(limit)); }

    // Up to so many operations at random moments; the values that are taken are mostly put as well.
    History history(std::size_t most) {
        const int end = 4 + below(12);
        const int longest = 1 + below(8);
        const std::size_t count = 1 + static_cast<std::size_t>(below(static_cast<int>(most)));
        Value puts = 0;
        History history;
        while (history.size() < count) {
            const int from = below(end);
            history.push_back(operation(puts, from, from + below(longest)));
        }
        return history;
    }

private:
    Operation operation(Value& puts, int from, int to) {
        const int what = below(20);
        if (what < 8) return put(puts++, from, to);
        if (what < 10) return die_putting(puts++, from);
        if (what < 15) return take(static_cast<Value>(below(static_cast<int>(puts) + 1)), from, to);
        return what < 18 ? find_nothing(from, to) : die_taking(from);
    }

    std::mt19937 engine_;
};

std::string text_of(const History& history) {
    std::string text;
    for (const Operation& act : history) {
        text += act.kind == Kind::put ? "\n  put " : "\n  take ";
        text += (act.value ? std::to_string(*act.value) : "?") + " from " +
                std::to_string(act.invoked.count());
        if (act.returned != never) text += " to " + std::to_string(act.returned.count());
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(history)

BOOST_AUTO_TEST_CASE(what_one_after_the_other_puts_and_takes_may_be_so) {
    BOOST_TEST(broken_rule({}) == "none");
    BOOST_TEST(broken_rule({find_nothing(0, 1), put(1, 2, 3), put(2, 4, 5), take(1, 6, 7),
                            take(2, 8, 9), find_nothing(10, 11)}) == "none");
    BOOST_TEST(broken_rule({put(1, 0, 1), put(2, 2, 3)}) == "none");
}

BOOST_AUTO_TEST_CASE(what_was_never_put_cannot_be_taken) {
    BOOST_TEST(broken_rule({take(1, 0, 1)}) == "fresh");
    BOOST_TEST(broken_rule({put(1, 0, 1), take(1, 2, 3), take(2, 4, 5)}) == "fresh");
}

BOOST_AUTO_TEST_CASE(what_is_put_later_cannot_be_taken_yet) {
    BOOST_TEST(broken_rule({take(1, 0, 1), put(1, 2, 3)}) == "fresh");
    BOOST_TEST(broken_rule({take(1, 0, 2), put(1, 1, 3)}) == "none");
    BOOST_TEST(broken_rule({take(1, 0, 1), put(1, 1, 2)}) == "none");
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_twice) {
    BOOST_TEST(broken_rule({put(1, 0, 9), take(1, 0, 9), take(1, 0, 9)}) == "repeat");
}

BOOST_AUTO_TEST_CASE(nothing_is_put_twice) {
    BOOST_TEST(broken_rule({put(1, 0, 1), put(1, 0, 1)}) == "unique");
}

BOOST_AUTO_TEST_CASE(who_was_put_first_is_taken_first) {
    BOOST_TEST(broken_rule({put(1, 0, 1), put(2, 2, 3), take(2, 4, 5), take(1, 6, 7)}) == "order");
    BOOST_TEST(broken_rule({put(1, 0, 2), put(2, 1, 3), take(2, 4, 5), take(1, 6, 7)}) == "none");
    BOOST_TEST(broken_rule({put(1, 0, 1), put(2, 2, 3), take(2, 4, 6), take(1, 5, 7)}) == "none");
}

BOOST_AUTO_TEST_CASE(nobody_is_passed_over_for_ever) {
    BOOST_TEST(broken_rule({put(1, 0, 1), put(2, 2, 3), take(2, 4, 5)}) == "order");
    BOOST_TEST(broken_rule({put(1, 0, 2), put(2, 1, 3), take(2, 4, 5)}) == "none");
}

BOOST_AUTO_TEST_CASE(the_order_is_seen_over_many_that_lie_between) {
    History history{put(100, 0, 1)};
    for (int i = 0; i < 50; ++i) history.push_back(put(static_cast<Value>(i), 2 + i, 60));
    for (int i = 0; i < 50; ++i) history.push_back(take(static_cast<Value>(i), 2 + i, 70 + i));
    history.push_back(take(100, 70, 120));
    BOOST_TEST(broken_rule(history) == "none");
    history.back() = take(100, 71, 120);
    BOOST_TEST(broken_rule(history) == "order");
}

BOOST_AUTO_TEST_CASE(a_queue_with_something_in_it_is_not_empty) {
    BOOST_TEST(broken_rule({put(1, 0, 1), find_nothing(2, 3), take(1, 4, 5)}) == "witness");
    BOOST_TEST(broken_rule({put(1, 0, 1), find_nothing(2, 3)}) == "witness");
    BOOST_TEST(broken_rule({put(1, 0, 2), find_nothing(1, 3), take(1, 4, 5)}) == "none");
    BOOST_TEST(broken_rule({put(1, 0, 1), find_nothing(2, 4), take(1, 3, 5)}) == "none");
}

BOOST_AUTO_TEST_CASE(nor_is_one_in_which_there_was_always_one_or_another) {
    const History relay{put(1, 0, 1), put(2, 3, 4), take(1, 6, 7), put(3, 6, 8), take(2, 9, 10)};
    for (const auto& [from, to] : {std::pair{2, 8}, {4, 6}, {2, 3}, {7, 8}}) {
        History history = relay;
        history.push_back(find_nothing(from, to));
        BOOST_TEST(broken_rule(history) == "witness");
    }
    History gap{put(1, 0, 1), take(1, 4, 6), put(2, 3, 5), find_nothing(2, 7), take(2, 8, 9)};
    BOOST_TEST(broken_rule(gap) == "none");
    gap[2] = put(2, 2, 3);
    BOOST_TEST(broken_rule(gap) == "witness");
}

BOOST_AUTO_TEST_CASE(where_one_ends_as_the_other_begins_there_is_a_moment_between) {
    BOOST_TEST(broken_rule({put(1, 0, 1), take(1, 3, 4), put(2, 2, 3), take(2, 5, 6),
                            find_nothing(2, 4)}) == "none");
}

BOOST_AUTO_TEST_CASE(who_died_putting_has_put_or_not) {
    BOOST_TEST(broken_rule({die_putting(1, 0), find_nothing(1, 2)}) == "none");
    BOOST_TEST(broken_rule({die_putting(1, 0), find_nothing(1, 2), take(1, 3, 4)}) == "none");
    BOOST_TEST(broken_rule({die_putting(1, 0), put(2, 1, 2), take(2, 3, 4), find_nothing(5, 6)}) ==
               "none");
    BOOST_TEST(broken_rule({take(1, 0, 1), die_putting(1, 2)}) == "fresh");
}

BOOST_AUTO_TEST_CASE(who_died_taking_has_taken_one_or_none) {
    BOOST_TEST(broken_rule({put(1, 0, 1), die_taking(2), find_nothing(3, 4)}) == "none");
    BOOST_TEST(broken_rule({put(1, 0, 1), die_taking(2), take(1, 3, 4)}) == "none");
    BOOST_TEST(broken_rule({put(1, 0, 1), find_nothing(2, 3), die_taking(4)}) == "witness");
    BOOST_TEST(broken_rule({put(1, 0, 1), put(2, 0, 1), die_taking(2), find_nothing(3, 4)}) ==
               "witness");
    BOOST_TEST(broken_rule({put(1, 0, 1), put(2, 2, 3), take(2, 4, 5), die_taking(5)}) == "none");
    BOOST_TEST(broken_rule({put(1, 0, 1), put(2, 2, 3), take(2, 4, 5), die_taking(6)}) == "order");
}

BOOST_AUTO_TEST_CASE(who_died_first_has_what_was_put_first) {
    History history{put(1, 0, 1), die_taking(2), find_nothing(3, 4),
                    put(2, 5, 6), die_taking(7), find_nothing(8, 9)};
    BOOST_TEST(broken_rule(history) == "none");
    std::swap(history[1].invoked, history[2].invoked);
    history[2].returned = Instant{2};
    BOOST_TEST(broken_rule(history) == "witness");
}

BOOST_AUTO_TEST_CASE(a_short_history_is_judged_as_by_trying_every_order) {
    Chance chance{20130827};
    std::map<std::string, int> verdicts;
    for (int i = 0; i < 25'000; ++i) {
        const History history = chance.history(6);
        const std::string verdict = broken_rule(history);
        BOOST_TEST_REQUIRE((verdict == "none") == Orders{history}.any_is_a_queue(),
                           verdict << text_of(history));
        ++verdicts[verdict];
    }
    for (const auto* verdict : {"none", "fresh", "repeat", "order", "witness"}) {
        BOOST_TEST_MESSAGE(verdict << ": " << verdicts[verdict]);
        BOOST_TEST(verdicts[verdict] > 100);
    }
}

// Four puts at a time overlap, and as many takes.
BOOST_AUTO_TEST_CASE(a_million_operations_are_followed) {
    constexpr int count = 500'000;
    History history;
    for (int i = 0; i < count; ++i) {
        history.push_back(put(static_cast<Value>(i), 2 * i, 2 * i + 7));
        history.push_back(take(static_cast<Value>(i), 2 * i + 4, 2 * i + 11));
    }
    history.push_back(find_nothing(count + 9, count + 9));
    BOOST_TEST(broken_rule(history) == "none");

    Operation& one = history[count + 1];
    one.invoked += Instant{8};
    one.returned += Instant{8};
    BOOST_TEST(broken_rule(history) == "witness");
    one.invoked += Instant{12};
    one.returned += Instant{12};
    BOOST_TEST(broken_rule(history) == "order");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
