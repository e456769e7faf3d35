#include <boost/test/unit_test.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "daemon/store/boxed.h"
#include "daemon/store/compact_optional.h"
#include "daemon/store/text.h"

namespace ccd::store {
namespace {

using namespace std::string_view_literals;

struct Pair {
    int number = 7;
    Text word;
    bool operator==(const Pair&) const = default;
};

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(a_fresh_one_is_empty_and_small) {
    const Text none;
    BOOST_TEST(none.empty());
    BOOST_TEST(none.size() == 0U);
    BOOST_TEST(none.view().empty());
    BOOST_TEST(sizeof(Text) == sizeof(void*));
    BOOST_TEST(Text{""}.empty());
}

BOOST_AUTO_TEST_CASE(it_keeps_all_bytes_and_copies_are_its_own) {
    const auto bytes = "a\0b\0\xff"sv;
    Text first{bytes};
    const Text second = first;
    BOOST_TEST((first.view() == bytes));
    first = "other";
    BOOST_TEST((second.view() == bytes));
    BOOST_TEST((first != second));
    first = first.view();
    BOOST_TEST((first == "other"));
    const Text third = std::move(first);
    BOOST_TEST((third == "other"));
}

// Up to seven bytes are in place, longer ones in a block.
BOOST_AUTO_TEST_CASE(every_length_is_kept) {
    std::string bytes;
    for (std::size_t length = 0; length < 300; ++length, bytes += static_cast<char>(length)) {
        const Text text{bytes};
        BOOST_TEST((text.view() == bytes));
        BOOST_TEST(text.empty() == bytes.empty());
        Text other{"something that is longer than a pointer"};
        other = text;
        BOOST_TEST((other == text));
        other = Text{"short"};
        Text& same = other;
        other = std::move(same);
        BOOST_TEST((other == "short"));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(compact_optional)

BOOST_AUTO_TEST_CASE(it_is_as_small_as_its_value_and_converts_to_the_common_one_and_back) {
    using std::chrono::milliseconds;
    CompactOptional<milliseconds> value;
    BOOST_TEST(sizeof value == sizeof(milliseconds));
    BOOST_TEST(!value.has_value());
    BOOST_TEST((std::optional<milliseconds>{value} == std::nullopt));
    BOOST_TEST((value.value_or(milliseconds{3}) == milliseconds{3}));
    value = std::optional{milliseconds{0}};
    BOOST_TEST(value.has_value());
    BOOST_TEST((*value == milliseconds{0}));
    BOOST_TEST((std::optional<milliseconds>{value} == milliseconds{0}));
    value.reset();
    BOOST_TEST((value == CompactOptional<milliseconds>{}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(boxed)

BOOST_AUTO_TEST_CASE(a_fresh_value_takes_no_room_and_is_read_all_the_same) {
    const Boxed<Pair> none;
    BOOST_TEST(none->number == 7);
    BOOST_TEST(sizeof none == sizeof(void*));
    BOOST_TEST((none == Boxed<Pair>{Pair{}}));
}

BOOST_AUTO_TEST_CASE(what_is_changed_in_one_is_not_changed_in_its_copy) {
    Boxed<Pair> first{Pair{.number = 1, .word = "one"}};
    const auto second = first;
    first.edit().number = 2;
    BOOST_TEST(first->number == 2);
    BOOST_TEST(second->number == 1);
    BOOST_TEST((second->word == "one"));
    BOOST_TEST((first != second));
}

BOOST_AUTO_TEST_CASE(two_are_equal_where_their_values_are_however_they_came_to_be) {
    Boxed<Pair> first;
    first.edit().number = 7;
    BOOST_TEST((first == Boxed<Pair>{}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::store
