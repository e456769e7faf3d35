#include "daemon/service/retries.h"

#include <array>
#include <boost/test/unit_test.hpp>

namespace ccd::service {
namespace {

using job::End;
using job::RetryOn;
using job::State;
using Kind = Outcome::Kind;

std::uint32_t bits(RetryOn on) {
    return bits_of(std::array{on});
}

BOOST_AUTO_TEST_SUITE(retries_suite)

BOOST_AUTO_TEST_CASE(every_end_has_its_class) {
    BOOST_TEST((end_of({.exit_code = 0}, State::succeeded) == End::exit));
    BOOST_TEST((end_of({.exit_code = 3}, State::failed) == End::exit));
    BOOST_TEST((end_of({.signal = 11}, State::failed) == End::signal));
    BOOST_TEST((end_of({.signal = 9, .cause = Outcome::Cause::memory}, State::failed) ==
                End::out_of_memory));
    BOOST_TEST((end_of({.signal = 15, .cause = Outcome::Cause::stop}, State::timed_out) ==
                End::time_limit));
    BOOST_TEST((end_of({.signal = 15, .cause = Outcome::Cause::stop}, State::cancelled) ==
                End::cancelled));
    BOOST_TEST(
        (end_of({.kind = Kind::not_started, .exit_code = 127}, State::failed) == End::not_started));
    BOOST_TEST((end_of({.kind = Kind::lost}, State::lost) == End::lost));
}

BOOST_AUTO_TEST_CASE(failed_means_every_way_to_fail) {
    for (auto end : {End::exit, End::signal, End::out_of_memory, End::not_started})
        BOOST_TEST(is_retried(bits(RetryOn::failed), State::failed, end));
    BOOST_TEST(!is_retried(bits(RetryOn::failed), State::timed_out, End::time_limit));
    BOOST_TEST(!is_retried(bits(RetryOn::failed), State::lost, End::lost));
}

BOOST_AUTO_TEST_CASE(a_class_of_ends_means_that_class_alone) {
    BOOST_TEST(is_retried(bits(RetryOn::out_of_memory), State::failed, End::out_of_memory));
    BOOST_TEST(!is_retried(bits(RetryOn::out_of_memory), State::failed, End::exit));
    BOOST_TEST(is_retried(bits(RetryOn::timed_out), State::timed_out, End::time_limit));
    BOOST_TEST(is_retried(bits(RetryOn::lost), State::lost, End::lost));
}

BOOST_AUTO_TEST_CASE(success_and_what_was_cancelled_are_never_tried_again) {
    for (const auto& row : job::retry_on_table) {
        BOOST_TEST(!is_retried(bits(row.value), State::succeeded, End::exit));
        BOOST_TEST(!is_retried(bits(row.value), State::cancelled, End::cancelled));
    }
}

BOOST_AUTO_TEST_CASE(the_back_off_doubles_up_to_an_hour_and_is_spread_by_a_quarter) {
    using namespace std::chrono_literals;
    for (job::Id id = 1; id < 200; ++id) {
        Millis base = 1s;
        for (std::uint32_t attempt = 1; attempt < 100; ++attempt) {
            auto wait = back_off(1s, id, attempt);
            BOOST_TEST(wait >= base * 3 / 4);
            BOOST_TEST(wait <= base * 5 / 4);
            BOOST_TEST((wait == back_off(1s, id, attempt)));
            base = std::min<Millis>(2 * base, 1h);
        }
    }
    BOOST_TEST((back_off(1s, 1, 1) != back_off(1s, 2, 1)));
}

BOOST_AUTO_TEST_CASE(a_first_delay_longer_than_an_hour_is_kept) {
    using namespace std::chrono_literals;
    BOOST_TEST(back_off(24h, 7, 3) >= Millis{24h} * 3 / 4);
    BOOST_TEST(back_off(24h, 7, 3) <= Millis{24h} * 5 / 4);
}

BOOST_AUTO_TEST_CASE(no_delay_is_no_delay) {
    BOOST_TEST(back_off(Millis{0}, 7, 30).count() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
