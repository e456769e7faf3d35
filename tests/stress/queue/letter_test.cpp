#include "tests/stress/queue/letter.h"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace ccd::stress {
namespace {

std::vector<std::byte> written(const Letter& letter, std::size_t size) {
    std::vector<std::byte> bytes(size);
    write_letter(letter, bytes);
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(letter)

BOOST_AUTO_TEST_CASE(a_letter_of_any_size_is_read_as_it_was_written) {
    const Letter letter{.queue = 2, .sender = 7, .number = 1'000'000'000'000};
    for (auto size = smallest_letter; size < smallest_letter + 40; ++size)
        BOOST_TEST((read_letter(written(letter, size)) == letter));
}

BOOST_AUTO_TEST_CASE(a_byte_that_is_another_is_noticed_wherever_it_is) {
    const auto good = written({.queue = 1, .sender = 2, .number = 3}, 61);
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto spoilt = good;
        spoilt[at] ^= std::byte{1};
        BOOST_TEST(!read_letter(spoilt).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_letter_that_is_cut_off_is_spoilt) {
    const auto good = written({.queue = 1, .sender = 2, .number = 3}, 61);
    for (std::size_t size = 0; size < good.size(); ++size)
        BOOST_TEST(!read_letter(std::span{good}.first(size)).has_value());
}

BOOST_AUTO_TEST_CASE(the_end_of_another_letter_is_noticed) {
    auto mixed = written({.queue = 1, .sender = 2, .number = 3}, 64);
    const auto other = written({.queue = 1, .sender = 2, .number = 4}, 64);
    std::copy(other.begin() + 56, other.end(), mixed.begin() + 56);
    BOOST_TEST(!read_letter(mixed).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
