#include "tests/stress/queue/book.h"

#include <boost/test/unit_test.hpp>

#include "tests/harness/child.h"

namespace ccd::stress {
namespace {

constexpr Millis long_enough{60'000};

struct Pages {
    Book book = *Book::open(2, 100);

    void begin(std::uint32_t sender, std::uint64_t count) { book.places()[sender].begun += count; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(book, Pages)

BOOST_AUTO_TEST_CASE(what_another_process_writes_is_there_when_it_is_gone) {
    auto worker = harness::Child::fork([&] {
        book.places()[1].begun = 1;
        book.note_put(1, 0);
        complain(book.places()[1], "something");
        return 0;
    });
    BOOST_TEST_REQUIRE(worker.has_value());
    BOOST_TEST(worker->wait(long_enough).has_value());
    BOOST_TEST(book.inventory().put == 1U);
    BOOST_TEST(book.tally().failed == 1U);
    BOOST_TEST(book.tally().first_error == "something");
}

BOOST_AUTO_TEST_CASE(what_was_put_and_got_by_nobody_is_missing) {
    begin(0, 3);
    for (std::uint64_t number = 0; number < 3; ++number) book.note_put(0, number);
    book.note_got(0, 1);
    BOOST_TEST(book.inventory().missing == 2U);
    book.note_got(0, 0);
    book.note_forsaken(0, 2);
    const auto found = book.inventory();
    BOOST_TEST(found.missing == 0U);
    BOOST_TEST(found.got == 2U);
    BOOST_TEST(found.forsaken == 1U);
    BOOST_TEST(found.again == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_got_twice_is_told) {
    begin(1, 1);
    book.note_put(1, 0);
    book.note_got(1, 0);
    book.note_got(1, 0);
    BOOST_TEST(book.inventory().got == 1U);
    BOOST_TEST(book.inventory().again == 1U);
}

BOOST_AUTO_TEST_CASE(of_whom_nobody_knows_whether_it_was_put_is_open_and_not_missing) {
    begin(0, 1);
    BOOST_TEST(book.inventory().open == 1U);
    BOOST_TEST(book.inventory().missing == 0U);
    book.note_got(0, 0);
    BOOST_TEST(book.inventory().got == 1U);
}

BOOST_AUTO_TEST_CASE(letters_of_one_queue_are_counted_apart) {
    begin(0, 7);
    for (std::uint64_t number = 0; number < 7; ++number) book.note_put(0, number);
    BOOST_TEST(book.inventory(0, 3).put == 3U);
    BOOST_TEST(book.inventory(2, 3).put == 2U);
}

BOOST_AUTO_TEST_CASE(only_the_first_complaint_of_a_place_is_kept_and_cut_off_if_it_is_long) {
    complain(book.places()[0], std::string(1000, 'x'));
    complain(book.places()[0], "second");
    BOOST_TEST(book.tally().first_error == std::string(239, 'x'));
    BOOST_TEST(book.tally().failed == 2U);
}

BOOST_AUTO_TEST_CASE(times_are_as_they_were_but_for_a_sixteenth) {
    for (std::int64_t time : {1LL, 7LL, 100LL, 12'345LL, 1'000'000'007LL, 86'400'000'000'000LL}) {
        SharedHistogram shared{};
        shared.record(harness::Nanos{time});
        harness::Histogram histogram;
        shared.add_to(histogram);
        BOOST_TEST(histogram.total() == 1U);
        const auto told = static_cast<double>(histogram.max().count());
        BOOST_TEST(told >= static_cast<double>(time));
        BOOST_TEST(told <= static_cast<double>(time) * (1 + 1.0 / 16) + 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
